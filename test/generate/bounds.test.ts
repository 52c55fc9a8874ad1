// What a text is counted to hold in memory, by engine and by layout of graphs.

import { describe, expect, test } from 'vitest';
import { affordable, cacheBytes, costOf } from '../../shared/generate/bounds.ts';
import { isolateOf } from '../../shared/http/isolate.ts';
import { GROWN } from '../../shared/runtime/engine/cache-room.ts';
import { isolate, source } from '../http/worker.ts';
import { ENGINES, publishSeeded } from '../seeded/worker.ts';
import { NO_LIMITS, NOTHING_SPECIAL } from './limits.ts';

/** Of the seeded checkpoints: two layers with keys and values of 32 numbers, and an encoder of 32. */
const PAST = 4 * 2 * 2 * 32;
const STATES = 4 * 32;
const SOURCE = 10;

describe.each(ENGINES)('on %s', (engine) => {
  test.each([
    ['bart', 'summarization', 'split, whose later graph is not fed what the encoder gave', 0],
    ['mbart', 'translation', 'merged, which is fed it at every step', STATES],
  ])('%s-%s: %s', async (architecture, task, _, fed) => {
    await publishSeeded(task, {}, engine);
    const on = isolateOf(isolate());
    const { model, release } = await on.models.acquire(`seeded-${architecture}-${task}`, source());
    const cost = costOf(model, SOURCE);
    // The keys and values of the source: once on the own engine, and for each beam on the other. The first room of its own caches is the text's.
    const isEdge = engine === 'edge';
    const of = (beams: number) =>
      SOURCE * (PAST * (isEdge ? 1 : beams) + STATES + beams * fed) + (isEdge ? beams * GROWN.more * PAST : 0);
    for (const beams of [1, 4]) expect(cacheBytes(0, beams, cost)).toBe(of(beams));
    // Those of the text are written anew at each step before the old ones go, or grow.
    expect(cacheBytes(7, 4, cost) - cacheBytes(0, 4, cost)).toBe(4 * 7 * 2 * PAST);
    release();
  });
});

test('a text ends before the model and its caches pass what an isolate has', () => {
  const cost = {
    ...NOTHING_SPECIAL.cost,
    positionBytes: 2 ** 20,
    rowBytes: 3 * 2 ** 20,
    stepBytes: 2 ** 20,
    residentBytes: 80 * 2 ** 20,
  };
  const limits = { ...NO_LIMITS, maxCacheMib: 64, maxModelMib: 128 };
  // 48 MiB less four a beam, and not 64 less three.
  expect(affordable(1, 1, cost, limits)).toBe(44);
  expect(affordable(1, 4, cost, limits)).toBe((48 - 16) / 4);
  expect(affordable(1, 1, { ...cost, residentBytes: 8 * 2 ** 20 }, limits)).toBe(61);
});
