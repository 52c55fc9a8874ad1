import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Memo } from '../../shared/model/memo.ts';

const ignore = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});
afterEach(() => vi.restoreAllMocks());

test('reads once within the interval, and again after it', async () => {
  const memo = new Memo<number>(1000);
  let reads = 0;
  const get = () => memo.get('a', async () => ++reads, ignore);
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  vi.advanceTimersByTime(999);
  expect(await get()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await get()).toBe(2);
});

test('keys do not meet', async () => {
  const memo = new Memo<string>(1000);
  expect(await memo.get('a', async () => 'A', ignore)).toBe('A');
  expect(await memo.get('b', async () => 'B', ignore)).toBe('B');
});

test('a failure reaches all who wait, and is forgotten', async () => {
  const memo = new Memo<string>(1000);
  const kept: Promise<unknown>[] = [];
  const fail = () =>
    memo.get(
      'a',
      () => Promise.reject(new Error('no bucket')),
      (promise) => void kept.push(promise),
    );
  const outcomes = await Promise.allSettled([fail(), fail()]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  // What keeps a request alive must not fail it.
  await expect(Promise.all(kept)).resolves.toBeDefined();
  expect(await memo.get('a', async () => 'mended', ignore)).toBe('mended');
});

test('an old read that fails late does not take the newer answer away', async () => {
  const memo = new Memo<string>(10);
  let fail: (error: Error) => void = ignore;
  const old = memo.get('a', () => new Promise((_, reject) => (fail = reject)), ignore);
  vi.advanceTimersByTime(10);
  expect(await memo.get('a', async () => 'new', ignore)).toBe('new');
  fail(new Error('late'));
  await expect(old).rejects.toThrow('late');
  expect(await memo.get('a', async () => 'newest', ignore)).toBe('new');
});
