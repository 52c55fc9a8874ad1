// Rows of scores in the engine's memory, beside the same in 64 bits.

import { expect, test } from 'vitest';
import { ScoreRow, scoreRow } from '../../shared/runtime/score-row.ts';
import { logSumExp, topK } from '../../shared/tensor.ts';
import { createRandom } from './engine/random.ts';

const random = createRandom(3);

test('log probabilities, and the best of them beside an addend', () => {
  const row = new ScoreRow();
  for (let n = 0; n < 4; n++) {
    const logits = random.floats(50_257).map((value) => 10 * value);
    const shift = logSumExp(logits);
    const logs = row.logProbabilities(logits);
    for (let id = 0; id < logits.length; id += 17) {
      expect(Math.abs((logs[id] ?? 0) - ((logits[id] ?? 0) - shift))).toBeLessThan(2e-5);
    }
    // Changed by the caller, as a processor does.
    logs[topK(logs, 1)[0] ?? 0] = Number.NEGATIVE_INFINITY;
    const sums = logs.map((log) => log - 12.5);
    const changed = logs.slice();
    expect(row.best(8, -12.5)).toEqual(topK(sums, 8).map((id) => ({ id, log: changed[id], sum: sums[id] })));
  }
});

test('a vocabulary smaller than what is asked for', () => {
  const row = new ScoreRow();
  row.logProbabilities(Float32Array.of(0, 0, Number.NEGATIVE_INFINITY));
  expect(row.best(8, 1).map(({ id }) => id)).toEqual([0, 1, 2]);
});

test('the one row of an isolate takes vocabularies of any size, one after the other', () => {
  for (const [size, most] of [
    [3, 2],
    [70_000, 4],
    [5, 9],
    [200_000, 40],
  ] as const) {
    const logits = random.floats(size);
    const logs = scoreRow().logProbabilities(logits);
    expect(logs).toHaveLength(size);
    const best = scoreRow().best(most, 0);
    expect(best.map(({ id }) => id)).toEqual(Array.from(topK(logits, Math.min(most, size))));
  }
  expect(scoreRow()).toBe(scoreRow());
});
