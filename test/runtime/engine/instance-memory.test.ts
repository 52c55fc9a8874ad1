// How far an instance's memory goes.

import { expect, test } from 'vitest';
import module from '../../../shared/runtime/engine/engine.wasm';
import { EngineInstance } from '../../../shared/runtime/engine/instance.ts';

const MIB = 2 ** 20;

test('what is copied out of it counts with what a run takes, not with what others have let it grow to', () => {
  const asked: [number, number][] = [];
  const beforeGrowth = (bytes: number, copies: number) => asked.push([bytes, copies]);
  const instance = new EngineInstance(module, MIB, { most: 8 * MIB, beforeGrowth });
  instance.give(instance.take(6 * MIB));
  const grown = instance.bytes;
  expect(() => instance.take(4 * MIB, 4 * MIB)).toThrow(
    'with this input the model would need 10 MiB of memory; it may have 8: send less at once',
  );
  // 7 MiB are there and 3 are copied: more than 8, but a new instance would have room for it.
  expect(grown + 3 * MIB).toBeGreaterThan(8 * MIB);
  asked.length = 0;
  instance.take(3 * MIB, 3 * MIB);
  expect(asked).toEqual([[0, 3 * MIB]]);
  expect(instance.bytes).toBe(grown);
});
