// Attention in int8, where a checkpoint or its publisher asks for it: which graphs get it, what the manifest says, and how near its answers are.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkpoint, type Choices, readCheckpoint } from '../../model-assets/checkpoint.ts';
import { onnxSources } from '../../model-assets/choose-engine.ts';
import { describe } from '../../model-assets/commands/describe.ts';
import { type Attention, compile } from '../../model-assets/engine/compile.ts';
import { explain } from '../../model-assets/engine/explain.ts';
import { STEP_ATTENTION, STEP_ATTENTION_I8 } from '../../shared/runtime/engine/program.ts';
import type { Feeds } from '../../shared/runtime/session.ts';
import { openCompiled } from '../runtime/engine/compiled.ts';
import { engineModule } from './run-graph.ts';

const ASSETS = join(import.meta.dirname, '../../model-assets');
const BERT = join(ASSETS, 'seeded/seeded-bert-feature-extraction');

let asking: string;

beforeAll(async () => {
  asking = await mkdtemp(join(tmpdir(), 'int8-attention-'));
  await cp(BERT, asking, { recursive: true });
  const config = JSON.parse(await readFile(join(BERT, 'config.json'), 'utf8'));
  await writeFile(join(asking, 'config.json'), JSON.stringify({ ...config, int8_attention: true }));
});

afterAll(() => rm(asking, { recursive: true }));

const read = (folder: string, choices: Choices = {}) => readCheckpoint(folder, 'tried', choices);

function compiled({ manifest, blobs }: Checkpoint, attention?: Attention) {
  return compile(onnxSources(manifest.graphs, blobs), { attention });
}

/** Of each graph, whether its attention is in int8. */
function kindsOf({ program }: ReturnType<typeof compile>): Record<string, boolean[]> {
  return Object.fromEntries(
    program.functions.map(({ graph, steps }) => {
      const found = steps.filter(({ kind }) => kind === STEP_ATTENTION || kind === STEP_ATTENTION_I8);
      return [graph, [...new Set(found.map(({ kind }) => kind === STEP_ATTENTION_I8))]];
    }),
  );
}

test('it is asked for by config.json or by who publishes, who decides', async () => {
  const attention = async (folder: string, choices: Choices = {}) => {
    const { engine } = (await read(folder, choices)).manifest;
    return engine.name === 'edge' ? engine.attention : engine.name;
  };
  expect(await attention(BERT)).toBeUndefined();
  expect(await attention(BERT, { attention: 'int8' })).toBe('int8');
  expect(await attention(asking)).toBe('int8');
  expect(await attention(asking, { attention: 'float' })).toBeUndefined();
  expect(await attention(asking, { engine: 'onnxruntime-web' })).toBe('onnxruntime-web');
});

test('the program that is published has it, and what describes the model says so', async () => {
  const checkpoint = await read(asking);
  const { engine } = checkpoint.manifest;
  if (engine.name !== 'edge') throw new Error(engine.reason);
  const own = compiled(checkpoint, 'int8');
  const source = checkpoint.blobs.get(engine.program.sha256)?.source;
  expect(Buffer.from(own.bytes).equals(source as Uint8Array)).toBe(true);
  expect(kindsOf(own)).toEqual({ model: [true] });
  expect(kindsOf(compiled(checkpoint))).toEqual({ model: [false] });
  expect(explain(own, 64).join('\n')).toContain('attention int8');
  expect(describe(checkpoint.manifest).join('\n')).toContain('attention in int8');
});

test.each([
  ['seeded-writing/seeded-marian-translation', { encoder: [true], decoder: [false] }],
  ['seeded-writing/seeded-gpt2-text-generation', { model: [false] }],
  ['seeded-heads/seeded-bert-text-generation', { model: [false] }],
  ['seeded-heads/seeded-gpt2-feature-extraction', { model: [true] }],
])('of %s only graphs that read a text as a whole have it', async (folder, expected) => {
  const checkpoint = await read(join(ASSETS, folder), { attention: 'int8' });
  const kinds = kindsOf(compiled(checkpoint, 'int8'));
  expect(kinds).toMatchObject(expected);
  const { engine } = checkpoint.manifest;
  if (engine.name !== 'edge') throw new Error(engine.reason);
  expect(engine.attention).toBe(Object.values(kinds).flat().includes(true) ? 'int8' : undefined);
});

/** Texts of so many tokens, the shorter ones padded. */
function feedsOf(lengths: readonly number[]): Feeds {
  const longest = Math.max(...lengths);
  const tensor = (of: (token: number, length: number) => number): Feeds[string] => ({
    data: BigInt64Array.from(
      lengths.flatMap((length) => Array.from({ length: longest }, (_, i) => BigInt(of(i, length)))),
    ),
    dims: [lengths.length, longest],
  });
  return {
    input_ids: tensor((i, length) => (i < length ? 5 + ((i * 31 + length) % 80) : 0)),
    attention_mask: tensor((i, length) => Number(i < length)),
    token_type_ids: tensor(() => 0),
  };
}

test('a padded batch is its singles, on both sides of where int8 begins', async () => {
  const session = openCompiled(engineModule(), compiled(await read(BERT), 'int8').bytes);
  const hiddenOf = async (lengths: readonly number[]) =>
    (await session.run(feedsOf(lengths))).last_hidden_state?.data as Float32Array;
  const lengths = [20, 40, 33];
  const together = await hiddenOf(lengths);
  const row = together.length / lengths.length;
  for (const [i, length] of lengths.entries()) {
    const alone = await hiddenOf([length]);
    expect(together.slice(i * row, i * row + alone.length), `${length} tokens`).toEqual(alone);
  }
});

test('answers are near to those in floats, and the same where a text is short', async () => {
  const checkpoint = await read(BERT);
  const [floats, bytes] = (['float', 'int8'] as const).map((attention) =>
    openCompiled(engineModule(), compiled(checkpoint, attention).bytes),
  );
  for (const tokens of [31, 32, 90]) {
    const feeds = feedsOf([tokens]);
    const [x, y] = await Promise.all([floats, bytes].map(async (session) => session?.run(feeds)));
    const [a, b] = [x, y].map((fetched) => Array.from(fetched?.last_hidden_state?.data as Float32Array)) as [
      number[],
      number[],
    ];
    const error = Math.sqrt(a.reduce((sum, each, i) => sum + (each - (b[i] ?? 0)) ** 2, 0) / a.length);
    if (tokens < 32) expect(b).toEqual(a);
    else expect(b).not.toEqual(a);
    // Hidden states behind a norm have a size of about 1.
    expect(error).toBeLessThan(0.02);
  }
});
