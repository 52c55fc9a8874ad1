// Drawing: the frequencies are those that the probabilities say, and a seed brings a text back.

import { expect, test } from 'vitest';
import type { GenerationConfig } from '../../shared/generate/config.ts';
import { continueRow, draw } from '../../shared/generate/continue.ts';
import { createRandom } from '../../shared/generate/random.ts';
import { temperatureWarper, topKWarper, topPWarper, typicalWarper } from '../../shared/generate/warpers.ts';
import { logSoftmax, logSumExp } from '../../shared/tensor.ts';
import { Table } from './table.ts';

const LOGITS = Float32Array.of(2, 1.5, 1, 0.5, 0, -0.5, -1, -1.5, -2, -3);
const DRAWS = 20_000;
/** Pearson's statistic stays under this in all but one of a thousand runs, by degrees of freedom. */
const CHI_SQUARE_999: Readonly<Record<number, number>> = { 1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47, 9: 27.88 };

/** What continuing a row looks at, with nothing that changes scores. */
const NOTHING_DONE = {
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  badWordsIds: [],
  extra: [],
  suppressTokens: [],
  minLength: 0,
  eosIds: [5],
  forcedBosId: null,
  forcedEosIds: [],
  renormalize: false,
  temperature: 1,
  topK: 0,
  topP: 1,
  typicalP: 1,
  logprobs: false,
};

function chiSquare(counts: readonly number[], logs: Float32Array): number {
  return counts.reduce((sum, count, id) => {
    const expected = DRAWS * Math.exp(logs[id] ?? 0);
    return expected > 0 ? sum + (count - expected) ** 2 / expected : sum;
  }, 0);
}

function frequencies(scores: Float32Array, seed: number): number[] {
  const random = createRandom(seed);
  const shift = logSumExp(scores);
  const counts = new Array<number>(scores.length).fill(0);
  for (let i = 0; i < DRAWS; i++) {
    const id = draw(scores, shift, random());
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

test.each([
  ['as they are', []],
  ['temperature 0.7', [temperatureWarper(0.7)]],
  ['top_k 3', [topKWarper(3)]],
  ['top_p 0.8', [topPWarper(0.8)]],
  ['typical_p 0.6', [typicalWarper(0.6)]],
])('20,000 draws, %s: chi-square', (_, warpers) => {
  const scores = LOGITS.slice();
  for (const warp of warpers) warp(scores);
  const logs = logSoftmax(scores);
  const possible = Array.from(logs.keys()).filter((id) => Number.isFinite(logs[id]));
  const counts = frequencies(scores, 11);
  expect(chiSquare(counts, logs)).toBeLessThan(CHI_SQUARE_999[possible.length - 1] ?? 0);
  expect(counts.filter((count, id) => count > 0 && !possible.includes(id))).toEqual([]);
});

test('top_p 0 leaves the likeliest', () => {
  const scores = LOGITS.slice();
  topPWarper(0)(scores);
  expect(Array.from(scores)).toEqual([2, ...Array(LOGITS.length - 1).fill(Number.NEGATIVE_INFINITY)]);
});

test('20,000 rows of one token, with all that changes scores: chi-square', async () => {
  const config = {
    ...NOTHING_DONE,
    repetitionPenalty: 2,
    badWordsIds: [[3]],
    suppressTokens: [4],
    minLength: 9,
    temperature: 0.8,
    topK: 6,
    topP: 0.97,
    logprobs: true,
  } as unknown as GenerationConfig;
  // By hand: token 0 stands in the prompt; 3, 4 and 5 may not come; six of the rest stay, and of those two fall out of 0.97.
  const left = LOGITS.map((score, id) => ([3, 4, 5, 9].includes(id) ? Number.NEGATIVE_INFINITY : score / 0.8));
  left[0] = 1 / 0.8;
  const [, , , , , , sixth = 0, seventh = 0, eighth = 0] = logSoftmax(left).map(Math.exp);
  expect(seventh + eighth).toBeLessThan(0.03);
  expect(sixth + seventh + eighth).toBeGreaterThan(0.03);
  left.fill(Number.NEGATIVE_INFINITY, 7);
  const logs = logSoftmax(left);

  const random = createRandom(5);
  const counts = new Array<number>(LOGITS.length).fill(0);
  for (let i = 0; i < DRAWS; i++) {
    const table = new Table([Array.from(LOGITS)]);
    const row = continueRow(
      table,
      [0],
      config,
      () => 'length',
      (step) => step(),
      random,
    );
    const { value } = await row.next();
    if (!value) throw new Error('no token was drawn');
    counts[value.id] = (counts[value.id] ?? 0) + 1;
    expect(value.logprob).toBeCloseTo(logs[value.id] ?? 0, 4);
  }
  expect(counts.flatMap((count, id) => (count > 0 ? [id] : []))).toEqual([0, 1, 2, 6]);
  expect(chiSquare(counts, logs)).toBeLessThan(CHI_SQUARE_999[3] ?? 0);
});

test.each([
  ['greedily', null, {}],
  ['by chance', createRandom(1), {}],
  ['by chance, of the best', createRandom(1), { topK: 3, temperature: 0.5 }],
])("scores that are no numbers are the decoder's fault, %s", async (_, random, more) => {
  const config = { ...NOTHING_DONE, ...more } as unknown as GenerationConfig;
  for (const scores of [Array(5).fill(Number.NaN), [1, 2, Number.NaN, 4, 0]]) {
    const row = continueRow(
      new Table([scores]),
      [0],
      config,
      () => 'length',
      (step) => step(),
      random,
    );
    await expect(row.next()).rejects.toMatchObject({ code: 'internal' });
  }
});

test('numbers of chance are uniform, and those of another seed are others', () => {
  const random = createRandom(1);
  const cells = new Array<number>(10).fill(0);
  for (let i = 0; i < DRAWS; i++) {
    const cell = Math.floor(random() * 10);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  const statistic = cells.reduce((sum, count) => sum + (count - DRAWS / 10) ** 2 / (DRAWS / 10), 0);
  expect(statistic).toBeLessThan(CHI_SQUARE_999[9] ?? 0);
  const firstOf = (seed: number) => Array.from({ length: 4 }, createRandom(seed));
  expect(firstOf(7)).toEqual(firstOf(7));
  const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
  expect(new Set(seeds.map((seed) => firstOf(seed).join())).size).toBe(seeds.length);
});

test('a token without a chance is never drawn, whatever the number', () => {
  const logs = Float32Array.of(Number.NEGATIVE_INFINITY, Math.log(0.5), Math.log(0.5), Number.NEGATIVE_INFINITY);
  expect([0, 0.49, 0.51, 1 - 2 ** -32, 1].map((uniform) => draw(logs, 0, uniform))).toEqual([1, 1, 2, 2, 2]);
});
