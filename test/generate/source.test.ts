// What decoders are fed of the source: as many rows as the text has, copied when their number changes and not at every step.

import { expect, test } from 'vitest';
import { sourceFeedsOf } from '../../shared/generate/source.ts';

const HIDDEN = 'encoder_hidden_states';
const MASK = 'encoder_attention_mask';
const source = { hidden: { data: Float32Array.of(1, 2, 3, 4, 5, 6), dims: [1, 3, 2] }, length: 3 };

test('every row has the source, and nothing of it is hidden', () => {
  const feeds = sourceFeedsOf(source)(2);
  expect(feeds[HIDDEN]?.()).toEqual({ data: Float32Array.of(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6), dims: [2, 3, 2] });
  expect(feeds[MASK]?.()).toEqual({ data: new BigInt64Array(6).fill(1n), dims: [2, 3] });
});

test('the rows are made again only where there are others', () => {
  const feedsOf = sourceFeedsOf(source);
  const one = feedsOf(1)[HIDDEN]?.();
  const four = feedsOf(4)[HIDDEN]?.();
  expect(one?.dims).toEqual([1, 3, 2]);
  expect(four?.dims).toEqual([4, 3, 2]);
  expect(feedsOf(4)[HIDDEN]?.()).toBe(four);
  expect(feedsOf(4)[MASK]?.()).toBe(feedsOf(4)[MASK]?.());
  expect(feedsOf(1)[HIDDEN]?.()).toEqual(one);
});

test('without an encoder there is nothing to feed', () => {
  expect(sourceFeedsOf(null)(4)).toEqual({});
});
