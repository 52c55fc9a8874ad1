// Texts wait for room in the order in which they came, and whoever leaves takes up none.

import { expect, test } from 'vitest';
import { CacheGate } from '../shared/cache-gate.ts';

const NEVER = new AbortController().signal;
const settled = () => new Promise((resolve) => setTimeout(resolve));

function enterAll(gate: CacheGate, sizes: readonly number[], signal = NEVER) {
  const inside: string[] = [];
  const leave: (() => void)[] = [];
  sizes.forEach((bytes, i) => {
    gate.enter(bytes, signal).then(
      (free) => {
        inside.push(`${i}`);
        leave[i] = free;
      },
      () => inside.push(`${i} left`),
    );
  });
  return { inside, leave };
}

test('first come, first served, as far as there is room', async () => {
  const { inside, leave } = enterAll(new CacheGate(10), [6, 4, 8, 1]);
  await settled();
  expect(inside).toEqual(['0', '1']);
  leave[1]?.();
  await settled();
  // The last would fit, but is not first.
  expect(inside).toEqual(['0', '1']);
  leave[0]?.();
  await settled();
  expect(inside).toEqual(['0', '1', '2', '3']);
});

test('leaving twice gives room once', async () => {
  const gate = new CacheGate(10);
  const free = await gate.enter(10, NEVER);
  free();
  free();
  const { inside } = enterAll(gate, [10, 1]);
  await settled();
  expect(inside).toEqual(['0']);
});

test('who leaves while waiting lets in those behind, and holds nothing', async () => {
  const gate = new CacheGate(10);
  await gate.enter(6, NEVER);
  const leaving = new AbortController();
  const large = enterAll(gate, [9], leaving.signal);
  const small = enterAll(gate, [3]);
  await settled();
  expect([large.inside, small.inside]).toEqual([[], []]);
  leaving.abort();
  await settled();
  expect([large.inside, small.inside]).toEqual([['0 left'], ['0']]);
  await expect(gate.enter(1, leaving.signal)).rejects.toThrow();
  const last = enterAll(gate, [1]);
  await settled();
  expect(last.inside).toEqual(['0']);
});
