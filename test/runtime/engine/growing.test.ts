// Caches that grow: every writing architecture, token by token to its last position and with beams that take one another's places, gives the
// same bits in an instance full of canaries as in one where places are used again.

import { describe, expect, test } from 'vitest';
import type { Decoding } from '../../../shared/generate/decoding.ts';
import { openDecoding } from '../../../shared/generate/open-decoding.ts';
import type { Model } from '../../../shared/model/open-model.ts';
import module from '../../../shared/runtime/engine/engine.wasm';
import { EngineSession } from '../../../shared/runtime/engine/engine-session.ts';
import type { EngineInstance } from '../../../shared/runtime/engine/instance.ts';
import { difference } from './difference.ts';
import type { Honest } from './fuzz/single-steps.ts';
import { GuardedInstance, guarded } from './guarded-instance.ts';
import { createRandom } from './random.ts';
import { honestOf, instanceOf, writers } from './seeded-programs.ts';

/** Transformer-XL has no last position. */
const MOST = 300;
const SOURCE_TOKENS = 11;

function open({ program, name }: Honest, instance: EngineInstance): Decoding {
  const ways = Map.groupBy(program.functions, ({ graph }) => graph);
  const sessions = Object.fromEntries(
    Array.from(ways, ([graph, functions]) => [graph, new EngineSession(instance, functions)]),
  );
  const [, , size] = (sessions.decoder ?? sessions.model)?.shapes.encoder_hidden_states ?? [];
  const source = size && {
    hidden: { data: createRandom(7).floats(SOURCE_TOKENS * size), dims: [1, SOURCE_TOKENS, size] },
    length: SOURCE_TOKENS,
  };
  // Of a model what a decoding asks for.
  const model = { manifest: { name }, sessions, tokenizer: { vocabularySize: 700 } };
  return openDecoding(model as unknown as Model, source || null);
}

/** Rows of scores as what a run gives. */
const toFetches = (rows: readonly Float32Array[]) =>
  Object.fromEntries(rows.map((data, row) => [`row ${row}`, { data, dims: [data.length] }]));

describe.each(writers)('%s', (_, manifest) => {
  test.each([1, 4])('%i beams, to the last position', async (beams) => {
    const honest = await honestOf(manifest);
    const instance = new GuardedInstance(module, honest.image);
    const [sound, watched] = [open(honest, instanceOf(honest)), open(honest, instance)];
    const random = createRandom(beams);
    const positions = Math.min(manifest.generation?.positions ?? 0, MOST);
    let rows = 1;
    for (let length = 1; length <= positions; length++) {
      const tokens = Array.from({ length: rows }, () => [random.integer(4, 99)]);
      const expected = await sound.step(tokens);
      const given = await guarded(() => watched.step(tokens));
      expect(difference(toFetches(given), toFetches(expected)), `${length} tokens`).toBe('');
      // From one row to all beams, then now and then.
      if (rows === beams && random.integer(0, 4) > 0) continue;
      const order = Array.from({ length: beams }, () => random.integer(0, rows - 1));
      sound.reorder(order);
      await guarded(async () => watched.reorder(order));
      rows = beams;
    }
    sound.close();
    await guarded(async () => watched.close());
    expect(instance.canaries).toBeGreaterThan(positions * 10);
  });
});
