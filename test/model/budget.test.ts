import { expect, test } from 'vitest';
import { chooseEvictions } from '../../shared/model/budget.ts';

const a = { name: 'a', bytes: 40, lastUsed: 1, busy: false };
const b = { name: 'b', bytes: 30, lastUsed: 3, busy: false };
const c = { name: 'c', bytes: 20, lastUsed: 2, busy: true };

test.each([
  ['all fit', 10, []],
  ['exactly', 10, []],
  ['the least recently used goes first', 11, [a]],
  ['then the next', 51, [a, b]],
  ['all but the busy one', 80, [a, b]],
  ['not even then', 81, undefined],
])('%s', (_, needed, evicted) => {
  expect(chooseEvictions([b, c, a], needed, 100)).toEqual(evicted);
});
