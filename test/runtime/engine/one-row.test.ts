// Beams of one source: its keys and values are held once, whatever the number of beams, and each beam gets, bit for bit, what it would get alone.

import { describe, expect, test } from 'vitest';
import { KeyValues } from '../../../shared/generate/key-values.ts';
import { OF_SOURCE } from '../../../shared/generate/past.ts';
import module from '../../../shared/runtime/engine/engine.wasm';
import { EngineSession } from '../../../shared/runtime/engine/engine-session.ts';
import { EngineHeld } from '../../../shared/runtime/engine/held.ts';
import type { Held, Session } from '../../../shared/runtime/session.ts';
import { GuardedInstance, guarded } from './guarded-instance.ts';
import { createRandom } from './random.ts';
import { architectures, honestOf } from './seeded-programs.ts';

/** As few as are read where they lie, and more. */
const BEAMS = [2, 4, 5];
const STEPS = 3;

const models = architectures.filter(([name]) => /bart|marian|t5/.test(name));

/** A session, and what is held of its source. */
function watched(session: Session, sources: Map<string, Held>): Session {
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    shapes: session.shapes,
    bytes: session.bytes,
    skipsLogits: session.skipsLogits,
    run: (...args) => session.run(...args),
    close: () => session.close(),
    async runHeld(...args) {
      const result = await session.runHeld(...args);
      for (const [name, held] of Object.entries(result.held)) if (name.includes(OF_SOURCE)) sources.set(name, held);
      return result;
    },
  };
}

describe.each(models)('%s', (_, manifest) => {
  test('beams share a source, and answer as if they were alone', async () => {
    const honest = await honestOf(manifest);
    const instance = new GuardedInstance(module, honest.image);
    const sources = new Map<string, Held>();
    const graph = (name: string) => {
      const ways = honest.program.functions.filter((code) => code.graph === name);
      return ways.length > 0 ? watched(new EngineSession(instance, ways), sources) : undefined;
    };
    const first = graph('decoder');
    if (!first) throw new Error('there is no decoder');
    const later = graph('decoder_with_past') ?? first;
    // Without a cache nothing is held.
    if (!later.inputs.some((name) => name.includes(OF_SOURCE))) return;
    const random = createRandom(7);
    const [, , size = 0] = first.shapes.encoder_hidden_states ?? [];
    const length = 11;
    const hidden = { data: random.floats(length * (size ?? 0)), dims: [1, length, size ?? 0] };
    const open = () => new KeyValues({ first, later }, { hidden, length }, 256);
    await guarded(async () => {
      for (const beams of BEAMS) {
        const tokens = Array.from({ length: STEPS }, () =>
          Array.from({ length: beams }, () => [random.integer(4, 99)]),
        );
        sources.clear();
        const together = open();
        await together.step([[2]]);
        together.reorder(Array(beams).fill(0));
        const answers: (readonly Float32Array[])[] = [];
        for (const step of tokens) answers.push(await together.step(step));
        expect(sources.size).toBeGreaterThan(0);
        for (const held of sources.values()) expect(held instanceof EngineHeld && held.isOneRow).toBe(true);
        together.close();
        for (let beam = 0; beam < beams; beam++) {
          const alone = open();
          await alone.step([[2]]);
          for (const [i, step] of tokens.entries()) {
            const [answer] = await alone.step([step[beam] ?? []]);
            expect(answers[i]?.[beam], `beam ${beam} of ${beams}, step ${i}`).toEqual(answer);
          }
          alone.close();
        }
      }
    });
    expect(instance.canaries).toBeGreaterThan(0);
  });
});
