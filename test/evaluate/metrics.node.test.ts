// The measures of texts against the packages that publish them: sacreBLEU and rouge-score (fixtures/metrics/generate.py).

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bleu, tokens13a } from '../../model-assets/evaluate/bleu.ts';
import { rougeL } from '../../model-assets/evaluate/rouge.ts';

interface Goldens {
  readonly tokens: readonly { readonly text: string; readonly tokens: readonly string[] }[];
  readonly bleu: readonly {
    readonly hypotheses: readonly string[];
    readonly references: readonly string[];
    readonly score: number;
  }[];
  readonly rouge: readonly {
    readonly text: string;
    readonly references: readonly string[];
    readonly rougeL: number;
  }[];
}

const path = join(import.meta.dirname, '..', 'fixtures', 'metrics', 'goldens.json');
const goldens: Goldens = JSON.parse(await readFile(path, 'utf8'));

test.each(goldens.tokens)('cuts $text as mteval-v13a', ({ text, tokens }) => {
  expect(tokens13a(text)).toEqual(tokens);
});

test.each(goldens.bleu)('gives $hypotheses sacreBLEU $score', ({ hypotheses, references, score }) => {
  expect(bleu(hypotheses, references)).toBeCloseTo(score, 9);
});

test.each(goldens.rouge)('gives $text ROUGE-L $rougeL', ({ text, references, rougeL: score }) => {
  expect(rougeL(text, references)).toBeCloseTo(score, 12);
});

test('refuses references that are not one for each', () => {
  expect(() => bleu(['a'], [])).toThrow('1 hypotheses have 0 references');
});
