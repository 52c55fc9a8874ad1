// The table in README.md is what a run gives: every cell is served, over HTTP in workerd, with the answers of transformers.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Golden, readGoldens } from './goldens.ts';
import { serveInt8 } from './int8.ts';
import { type Outcome, serveCells } from './serve-cells.ts';
import { END, putTable, START, toTable } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const README = join(ROOT, 'README.md');
/** Compiling 77 tokenizers and graphs is a minute of work, and of several where others work beside it. */
const TIMEOUT = 900_000;
let goldens: readonly Golden[];

beforeAll(async () => {
  goldens = await readGoldens();
});

describe('a run', () => {
  let outcomes: readonly Outcome[];

  beforeAll(async () => {
    outcomes = await serveCells(goldens);
  }, TIMEOUT);

  test('serves every cell that transformers has a pipeline for, with the same answers', () => {
    const faults = outcomes.filter(({ engine, reason }) => engine !== undefined && reason !== undefined);
    expect(faults).toEqual([]);
    const servable = goldens.filter((golden) => 'requests' in golden);
    expect(servable.every((golden) => golden.requests.length > 0)).toBe(true);
    expect(outcomes.filter(({ answers }) => answers > 0)).toHaveLength(servable.length);
  });

  test('gives the table in README.md; npm run matrix writes it', async () => {
    const readme = await readFile(README, 'utf8');
    expect(putTable(readme, toTable(outcomes))).toBe(readme);
  });

  test('has a cell for each of thirteen architectures and nine tasks', () => {
    const architectures = ['ALBERT', 'BERT', 'DistilBERT', 'ELECTRA', 'RoBERTa', 'CTRL', 'GPT', 'GPT-2'];
    architectures.push('Transformer-XL', 'BART', 'mBART', 'Marian', 'T5');
    expect([...new Set(outcomes.map(({ architecture }) => architecture))]).toEqual(architectures);
    expect(new Set(outcomes.map(({ architecture, task }) => `${architecture} ${task}`))).toHaveLength(13 * 9);
    expect(outcomes).toHaveLength(13 * 9);
  });
});

test('a run sees an answer that is another, and a checkpoint that is refused', async () => {
  const cell = goldens.find((golden) => 'requests' in golden && golden.task === 'text-classification');
  if (!cell || !('requests' in cell)) throw new Error('no golden classifies texts');
  const [request] = cell.requests;
  const wrong = {
    ...cell,
    requests: [{ ...request, inputs: 'Another text.', parameters: {}, expected: request?.expected }],
  };
  const missing = { ...cell, task: 'fill-mask' };
  const [seen, refused] = await serveCells([wrong, missing]);
  expect(seen).toMatchObject({ engine: 'edge', reason: expect.stringMatching(/differences: request 0\.0\.0/) });
  expect(refused).toMatchObject({ engine: undefined, reason: expect.stringMatching(/^--task is fill-mask; /) });
});

test('int8 of the exports runs on the project’s own engine, and decides as the floats do', {
  timeout: TIMEOUT,
}, async () => {
  const { asked, same, refused } = await serveInt8(goldens);
  expect(refused).toEqual([]);
  expect(asked).toBeGreaterThan(150);
  // Weights that were never trained leave much less between the best and the second.
  expect(same / asked).toBeGreaterThan(0.8);
});

test('what was exported passes npm run models -- add, its trial run too', { timeout: TIMEOUT }, async () => {
  const folder = join(ROOT, 'model-assets', 'seeded-heads', 'seeded-bart-fill-mask');
  const tool = [join(ROOT, 'model-assets', 'models.ts'), 'add', folder, '--task', 'fill-mask', '--dry-run'];
  const { stdout } = await promisify(execFile)(process.execPath, tool);
  expect(stdout).toContain('runs on edge: it knows every operator');
  expect(stdout).toContain('a trial request was answered in workerd');
});

describe('the table', () => {
  const where = { architecture: 'BERT', engine: undefined, answers: 0 };
  const outcomes: Outcome[] = [
    { ...where, task: 'a', engine: 'edge', answers: 4, reason: undefined },
    { ...where, task: 'b', engine: 'edge', answers: 4, reason: '1 difference' },
    { ...where, task: 'c', reason: 'transformers has no class of BERT for c' },
    { ...where, task: 'd', reason: 'the tokenizer has no model' },
  ];

  test('shows what is served, what fails, what there is not, and what is refused', () => {
    const lines = toTable(outcomes).split('\n');
    expect(lines[2]).toBe('| BERT | edge | fails [1] | —   | — [2] |');
    expect(lines).toContain('[1] 1 difference');
    expect(lines).toContain('[2] the tokenizer has no model');
  });

  test('goes between its marks, and nowhere else', () => {
    expect(putTable(`a\n\n${START}\n\nold\n\n${END}\n\nb`, 'new')).toBe(`a\n\n${START}\n\nnew\n\n${END}\n\nb`);
    expect(() => putTable('a', 'new')).toThrow('README.md lacks the lines');
  });
});
