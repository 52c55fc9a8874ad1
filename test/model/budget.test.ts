import { expect, test } from 'vitest';
import { chooseEvictions } from '../../shared/model/budget.ts';

const a = { name: 'a', bytes: 40, lastUsed: 1, busy: false, sharedBytes: 0 };
const b = { name: 'b', bytes: 30, lastUsed: 3, busy: false, sharedBytes: 0 };
const c = { name: 'c', bytes: 20, lastUsed: 2, busy: true, sharedBytes: 0 };

test.each([
  ['all fit', 9, []],
  ['exactly', 10, []],
  ['the least recently used goes first', 11, [a]],
  ['then the next', 51, [a, b]],
  ['all but the busy one', 80, [a, b]],
  ['not even then', 81, undefined],
])('%s', (_, needed, evicted) => {
  expect(chooseEvictions([b, c, a], { bytes: needed, sharedBytes: 0 }, 100)).toEqual(evicted);
});

const first = { name: 'first', bytes: 2, sharedBytes: 10, lastUsed: 1, busy: false };
const second = { ...first, name: 'second', lastUsed: 2 };

test.each([
  ['what was freed in the heap is there for another', { bytes: 0, sharedBytes: 35 }, 60, false, []],
  ['what they have outside of it counts beside', { bytes: 37, sharedBytes: 0 }, 60, false, [first]],
  ['and leaves less for others', { bytes: 36, sharedBytes: 0 }, 60, false, []],
  ['with nobody in it, it begins anew', { bytes: 0, sharedBytes: 95 }, 120, false, [first, second]],
  ['beyond its size it grows', { bytes: 0, sharedBytes: 87 }, 80, false, [first]],
  ['it does not go while one of them is in use', { bytes: 50, sharedBytes: 0 }, 60, true, undefined],
])('a heap that models share: %s', (_, wanted, heap, busy, evicted) => {
  expect(chooseEvictions([{ ...second, busy }, first], wanted, 100, heap)).toEqual(evicted);
});
