import { expect, test } from 'vitest';
import { chooseEvictions } from '../../shared/model/budget.ts';

const a = { name: 'a', bytes: 40, lastUsed: 1, busy: false, isShared: false };
const b = { name: 'b', bytes: 30, lastUsed: 3, busy: false, isShared: false };
const c = { name: 'c', bytes: 20, lastUsed: 2, busy: true, isShared: false };

test.each([
  ['all fit', 9, []],
  ['exactly', 10, []],
  ['the least recently used goes first', 11, [a]],
  ['then the next', 51, [a, b]],
  ['all but the busy one', 80, [a, b]],
  ['not even then', 81, undefined],
])('%s', (_, needed, evicted) => {
  expect(chooseEvictions([b, c, a], { bytes: needed, isShared: false }, 100)).toEqual(evicted);
});

const first = { name: 'first', bytes: 10, lastUsed: 1, busy: false, isShared: true };
const second = { ...first, name: 'second', lastUsed: 2 };

test.each([
  ['what was freed in the heap is there for another', { bytes: 35, isShared: true }, 60, false, []],
  ['but for none that lies elsewhere: all of it goes', { bytes: 50, isShared: false }, 60, false, [first, second]],
  ['and with nobody in it, it begins anew', { bytes: 95, isShared: true }, 120, false, [first, second]],
  ['beyond its size it grows', { bytes: 90, isShared: true }, 80, false, [first]],
  ['it does not go while one of them is in use', { bytes: 50, isShared: false }, 60, true, undefined],
])('a heap that models share: %s', (_, wanted, heap, busy, evicted) => {
  expect(chooseEvictions([{ ...second, busy }, first], wanted, 100, heap)).toEqual(evicted);
});
