// Rows that are run together: each is, bit for bit, as if it were alone, whatever stands beside it; numbers that are none stay where they are.

import { describe, expect, test } from 'vitest';
import { EngineSession } from '../../../shared/runtime/engine/engine-session.ts';
import type { EngineInstance } from '../../../shared/runtime/engine/instance.ts';
import type { ProgramFunction } from '../../../shared/runtime/engine/program.ts';
import type { Feeds, Fetches } from '../../../shared/runtime/session.ts';
import type { Tensor, TensorData } from '../../../shared/tensor.ts';
import { difference } from './difference.ts';
import { feedsOf, tryDims } from './fuzz/feeds.ts';
import { createRandom } from './random.ts';
import { architectures, honestOf, instanceOf } from './seeded-programs.ts';
import { toBytes } from './to-bytes.ts';

const ROWS = 3;
const FLOAT = 1;

/** Transformer-XL's memory has its rows in the second dimension. */
const models = architectures.filter(([name]) => !name.includes('transfo'));

function row({ data, dims }: Tensor<TensorData>, index: number): Tensor<TensorData> {
  const length = data.length / (dims[0] ?? 1);
  return { data: data.slice(index * length, (index + 1) * length), dims: [1, ...dims.slice(1)] };
}

/** Of what has rows: a decision has none, nor what a merged decoder hands out instead of what it was fed. */
function rowsOf(tensors: Feeds | Fetches, index: number): Feeds {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, tensor.dims[0] === ROWS ? row(tensor, index) : tensor]),
  );
}

/** Feeds that the graph answers: ids that it knows, and nothing but numbers. */
async function answeredFeeds(session: EngineSession, way: ProgramFunction): Promise<Feeds[]> {
  const found: Feeds[] = [];
  for (let seed = 1; seed < 400 && found.length < 3; seed++) {
    const random = createRandom(seed);
    const dims = tryDims(way, random, ROWS, random.pick([[5], [13], [35], [6, 1], [1, 9], [4, 20]]));
    const feeds = dims && feedsOf(way, dims, random);
    const isPlain =
      feeds && Object.values(feeds).every(({ data }) => !(data instanceof Float32Array) || data.every(Number.isFinite));
    if (!feeds || !isPlain) continue;
    const isAnswered = await session.run(feeds).then(
      () => true,
      () => false,
    );
    if (isAnswered) found.push(feeds);
  }
  return found;
}

describe.each(models)('%s', (_, manifest) => {
  async function each(
    job: (session: EngineSession, way: ProgramFunction, feeds: Feeds, instance: EngineInstance) => Promise<void>,
  ) {
    const honest = await honestOf(manifest);
    for (const { functions, image } of [
      { functions: honest.program.functions, image: honest.image },
      toBytes(honest),
      toBytes(honest, true),
    ]) {
      const instance = instanceOf({ image });
      for (const way of functions) {
        const session = new EngineSession(instance, [way]);
        const all = await answeredFeeds(session, way);
        expect(all.length, way.graph).toBeGreaterThan(0);
        for (const feeds of all) await job(session, way, feeds, instance);
      }
    }
  }

  test('a batch is its singles, with weights of floats, of bytes and of 4 bits', async () => {
    await each(async (session, way, feeds) => {
      const together = await session.run(feeds);
      for (let index = 0; index < ROWS; index++) {
        const alone = await session.run(rowsOf(feeds, index));
        expect(difference(alone, rowsOf(together, index)), `${way.graph}, row ${index}`).toBe('');
      }
    });
  });

  test('rows of the logits are the same beside all others and by themselves', async () => {
    await each(async (session, way, feeds) => {
      const [, tokens = 0] = feeds.input_ids?.dims ?? [];
      if (!session.outputs.includes('logits') || tokens === 0) return;
      const { logits: all } = await session.run(feeds, ['logits'], { start: 0, count: tokens });
      expect(all?.dims.slice(0, 2)).toEqual([ROWS, tokens]);
      const [, , words = 0] = all?.dims ?? [];
      for (const start of [0, tokens >> 1, tokens - 1]) {
        const count = Math.min(2, tokens - start);
        const { logits } = await session.run(feeds, ['logits'], { start, count });
        for (let index = 0; index < ROWS; index++) {
          const at = (index * tokens + start) * words;
          const wanted = {
            data: all?.data.slice(at, at + count * words) ?? new Float32Array(),
            dims: [1, count, words],
          };
          expect(difference(logits ? rowsOf({ logits }, index) : 'no logits', { logits: wanted }), way.graph).toBe('');
        }
      }
    });
  });

  test('what is no number, or infinite, in one row leaves the others and later runs as they were', async () => {
    await each(async (session, way, feeds) => {
      const sound = await session.run(feeds);
      for (const strange of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38, 1e-42]) {
        const bad = Object.fromEntries(
          way.inputs.flatMap(({ name, type }) => {
            const tensor = feeds[name];
            if (!tensor) return [];
            if (type !== FLOAT || !(tensor.data instanceof Float32Array)) return [[name, tensor] as const];
            const data = tensor.data.slice();
            data.fill(strange, 0, data.length / ROWS);
            return [[name, { data, dims: tensor.dims }] as const];
          }),
        );
        const answered = await session.run(bad);
        for (let index = 1; index < ROWS; index++) {
          expect(difference(rowsOf(answered, index), rowsOf(sound, index)), way.graph).toBe('');
        }
      }
      expect(difference(await session.run(feeds), sound), way.graph).toBe('');
    });
  });

  test('weights that are no numbers trap nothing', async () => {
    await each(async (session, way, feeds, instance) => {
      const sound = await session.run(feeds);
      const { at, bytes } = instance.image;
      const weights = instance.memory.slice(at, at + bytes);
      for (const bits of [0x7fc00000, 0x7f800000, -1, 0x7f7fffff]) {
        instance.ints(at, bytes >> 2).fill(bits);
        await session.run(feeds).catch((error: unknown) => expect(error).toMatchObject({ code: 'invalid_input' }));
        expect(instance.isBroken).toBe(false);
      }
      instance.memory.set(weights, at);
      expect(difference(await session.run(feeds), sound), way.graph).toBe('');
    });
  });

  test('a token that the model does not know is refused, and the next run is as before', async () => {
    await each(async (session, way, feeds) => {
      if (!feeds.input_ids) return;
      const sound = await session.run(feeds);
      for (const id of [2n ** 31n - 1n, -(2n ** 31n), 2n ** 40n, -1_000_000n]) {
        const ids = BigInt64Array.from(feeds.input_ids.data, BigInt);
        // The last token of a row may be padding, which is not looked at.
        ids[0] = id;
        const bad = { ...feeds, input_ids: { ...feeds.input_ids, data: ids } };
        await expect(session.run(bad)).rejects.toMatchObject({ code: 'invalid_input' });
      }
      expect(difference(await session.run(feeds), sound), way.graph).toBe('');
    });
  });
});
