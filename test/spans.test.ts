// The best spans against all of them, sorted.

import { describe, expect, test } from 'vitest';
import { bestSpans } from '../shared/spans.ts';
import { softmax } from '../shared/tensor.ts';
import { createRandom } from './runtime/engine/random.ts';

/** Of few different values, so that many spans are equal. */
function logits(random: () => number, tokens: number): Float32Array {
  return Float32Array.from({ length: tokens }, () => Math.floor(random() * 4));
}

function all(start: Float32Array, end: Float32Array, maxLength: number) {
  const [starts, ends] = [softmax(start), softmax(end)];
  const spans: { first: number; last: number; score: number }[] = [];
  for (let first = 1; first < starts.length; first++) {
    for (let last = first; last < Math.min(ends.length, first + maxLength); last++) {
      spans.push({ first, last, score: (starts[first] ?? 0) * (ends[last] ?? 0) });
    }
  }
  return spans.sort((a, b) => b.score - a.score);
}

describe.each([1, 2, 7, 50, 1000, 1e6])('the %d best', (count) => {
  test.each([1, 15, 60])('of at most %d tokens, of equal ones the first', (maxLength) => {
    const random = createRandom(count + maxLength).next;
    for (const tokens of [2, 9, 60]) {
      const [start, end] = [logits(random, tokens), logits(random, tokens)];
      const { spans } = bestSpans(
        start,
        end,
        (i) => i > 0,
        (i) => i === 0,
        { maxLength, count },
      );
      expect(spans).toEqual(all(start, end, maxLength).slice(0, count));
    }
  });
});
