// A long text in many windows costs what the windows hold, and not the whole text again for each: counted by how often the whole is read.

import { expect, test } from 'vitest';
import type { Encoding } from '../../shared/tokenizer/encoding.ts';
import { windowsOf } from '../../shared/tokenizer/windows.ts';

const STRIDE = 2;
const ROOM = 6;

/** Tokens of one text between two of the template. */
function encodingOf(tokens: number): Encoding {
  const inner = Array.from({ length: tokens }, (_, i) => i);
  return {
    ids: Uint32Array.from([101, ...inner, 102]),
    typeIds: new Uint8Array(tokens + 2),
    attentionMask: new Uint8Array(tokens + 2).fill(1),
    specialTokensMask: Uint8Array.from([1, ...inner.map(() => 0), 1]),
    offsets: Uint32Array.from([0, 0, ...inner.flatMap((i) => [i, i + 1]), 0, 0]),
    wordIds: Int32Array.from([-1, ...inner, -1]),
    sequenceIds: Int8Array.from([-1, ...inner.map(() => 0), -1]),
    truncated: false,
  };
}

/** The same, and how often its `sequenceIds` were looked at. */
function watched(encoding: Encoding): { readonly whole: Encoding; readonly reads: () => number } {
  let reads = 0;
  const count = () => {
    reads++;
    return encoding.sequenceIds;
  };
  const whole = Object.defineProperty({ ...encoding }, 'sequenceIds', { get: count });
  return { whole, reads: () => reads };
}

test('windows follow one another, the template around each', () => {
  const windows = windowsOf(encodingOf(15), encodingOf(ROOM), { stride: STRIDE });
  expect(windows.map(({ ids }) => [...ids])).toEqual([
    [101, 0, 1, 2, 3, 4, 5, 102],
    [101, 4, 5, 6, 7, 8, 9, 102],
    [101, 8, 9, 10, 11, 12, 13, 102],
    [101, 12, 13, 14, 102],
  ]);
});

test('whatever the text’s length, a window looks at the whole as often', () => {
  const perWindow = (tokens: number) => {
    const { whole, reads } = watched(encodingOf(tokens));
    const { length } = windowsOf(whole, encodingOf(ROOM), { stride: STRIDE });
    return reads() / length;
  };
  expect(perWindow(4000)).toBeLessThanOrEqual(perWindow(40) + 1);
});

test('more windows than can be held are refused before one is made', () => {
  // Each window one token further than the one before: 300,000 of 6 tokens.
  const whole = encodingOf(300_000);
  expect(() => windowsOf(whole, encodingOf(ROOM), { stride: ROOM - 1 })).toThrow(
    expect.objectContaining({ code: 'too_large', message: expect.stringContaining('lower the stride from 5') }),
  );
  expect(windowsOf(whole, encodingOf(ROOM), { stride: 0 })).toHaveLength(50_000);
});
