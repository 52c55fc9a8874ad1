// The memory that caches take while they grow is what a text is counted to hold: they move one after the other, into what others have left.

import { expect, test } from 'vitest';
import { openDecoding } from '../../../shared/generate/open-decoding.ts';
import type { Model } from '../../../shared/model/open-model.ts';
import { GROWN, roomFor } from '../../../shared/runtime/engine/cache-room.ts';
import module from '../../../shared/runtime/engine/engine.wasm';
import { EngineSession } from '../../../shared/runtime/engine/engine-session.ts';
import { FreeList } from '../../../shared/runtime/engine/free-list.ts';
import { EngineInstance } from '../../../shared/runtime/engine/instance.ts';
import { honestOf, writers } from './seeded-programs.ts';

test.each([8, 12, 24])('%i caches, from a prompt of any length', (caches) => {
  for (const [bytes, work] of [
    [64, 0],
    [3072, 5_000_000],
  ] as const) {
    for (const prompt of [1, 20, 130, 700]) {
      const free = new FreeList(0);
      const held = Array.from({ length: caches }, () => free.take(roomFor(prompt) * bytes));
      let room = roomFor(prompt);
      for (let tokens = prompt; tokens < 2_000; tokens++) {
        if (tokens > room) {
          room = roomFor(tokens);
          for (const [i, at] of held.entries()) {
            held[i] = free.take(room * bytes);
            free.give(at);
          }
        }
        free.give(free.take(work));
        const counted = (GROWN.perToken * tokens + GROWN.more) * bytes * caches;
        expect(free.end - work, `${prompt}, ${tokens}`).toBeLessThanOrEqual(counted);
      }
    }
  }
});

/** Says how far into its memory anything was ever taken. */
class Measured extends EngineInstance {
  end = 0;

  override take(bytes: number, copies?: number): number {
    const at = super.take(bytes, copies);
    this.end = Math.max(this.end, at + bytes);
    return at;
  }
}

/** Of seeded-gpt2: two layers with keys and values of 32 numbers. */
const POSITION = 4 * 2 * 2 * 32;
const POSITIONS = 250;

test('a session moves them so', async () => {
  const [, manifest] = writers.find(([name]) => name.includes('gpt2-text')) ?? [];
  if (!manifest) throw new Error('there is no such checkpoint');
  const { program, image, name } = await honestOf(manifest);
  const instance = new Measured(module, image.byteLength);
  instance.memory.set(image, instance.image.at);
  const sessions = { model: new EngineSession(instance, program.functions) };
  const model = { manifest: { name }, sessions, tokenizer: { vocabularySize: 700 } };
  const decoding = openDecoding(model as unknown as Model, null);
  await decoding.step([[5]]);
  const start = instance.end - POSITION * roomFor(1);
  for (let length = 2; length <= POSITIONS; length++) await decoding.step([[5]]);
  // Two layers have four caches, and a step works in something beside them.
  expect((instance.end - start) / POSITION).toBeLessThan(GROWN.perToken * POSITIONS);
  decoding.close();
});
