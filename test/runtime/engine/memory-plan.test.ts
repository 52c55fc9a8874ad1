// No command leaves the memory that it was given: every seeded architecture, from one token to its maximum, in an instance full of canaries,
// gives the same bits as in one where places are used again.

import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../../shared/errors.ts';
import { DOT_PLAIN } from '../../../shared/runtime/engine/command-format.ts';
import module from '../../../shared/runtime/engine/engine.wasm';
import { EngineSession } from '../../../shared/runtime/engine/engine-session.ts';
import type { ProgramFunction } from '../../../shared/runtime/engine/program.ts';
import type { Feeds, Fetches } from '../../../shared/runtime/session.ts';
import { difference } from './difference.ts';
import { type Dims, feedsOf, tryDims } from './fuzz/feeds.ts';
import { GuardedInstance, guarded } from './guarded-instance.ts';
import { createRandom } from './random.ts';
import { architectures, honestOf, instanceOf } from './seeded-programs.ts';
import { toBytes } from './to-bytes.ts';

/** All of the short, where blocks of the kernels end in every way; then further apart. */
function lengthsUpTo(most: number): number[] {
  const short = Array.from({ length: Math.min(most, 18) }, (_, i) => i + 1);
  const long = [31, 32, 33, 48, 63, 64, 65, 96, 127, 128, 200, 256, 383, 511].filter((length) => length < most);
  return [...new Set([...short, ...long, most])];
}

/** Shapes with so many tokens, alone or behind others. */
function shapesOf(code: ProgramFunction, length: number): Dims[] {
  const random = createRandom(length);
  const sets = [[length], [length, 1], [1, length], [length, 0]];
  return (length > 40 ? [1] : [1, 3]).flatMap((rows) => {
    const tries = Array.from({ length: 40 }, (_, i) => tryDims(code, random, rows, sets[i % sets.length] ?? [length]));
    const found = new Map(tries.flatMap((dims) => (dims ? [[JSON.stringify(dims), dims] as const] : [])));
    return [...found.values()].slice(0, 3);
  });
}

/** What comes out, or why nothing does: positions end somewhere, and shapes may not fit. */
async function answer(session: EngineSession, feeds: Feeds): Promise<string | Fetches> {
  try {
    return await session.run(feeds);
  } catch (error) {
    if (error instanceof ServiceError) return error.message;
    throw error;
  }
}

describe.each(architectures)('%s', (_, manifest) => {
  test('the same bits between canaries, at every length', async () => {
    const { program, image } = await honestOf(manifest);
    await expectSameBits({ functions: program.functions, image }, lengthsUpTo(Math.min(manifest.maxLength, 512)));
  });

  test.each([
    ['bytes', undefined, false],
    ['pairs of bytes', DOT_PLAIN, false],
    ['bytes, of weights in 4 bits', undefined, true],
    ['pairs of bytes, of weights in 4 bits', DOT_PLAIN, true],
  ])('and with products in %s', async (_, mode, isInt4) => {
    const most = Math.min(manifest.maxLength, 512);
    // Attention is in bytes from 32 tokens on.
    const lengths = [1, 7, 31, 32, 33, 49, 63, 100, most].filter((length) => length <= most);
    await expectSameBits(toBytes(await honestOf(manifest), isInt4), lengths, mode);
  });
});

async function expectSameBits(
  { functions, image }: { readonly functions: readonly ProgramFunction[]; readonly image: Uint8Array },
  lengths: readonly number[],
  mode?: number,
): Promise<void> {
  for (const code of functions) {
    const sound = new EngineSession(instanceOf({ image }, mode), [code]);
    const instance = new GuardedInstance(module, image, mode);
    const watched = new EngineSession(instance, [code]);
    let answered = 0;
    for (const length of lengths) {
      for (const dims of shapesOf(code, length)) {
        const feeds = feedsOf(code, dims, createRandom(length));
        const expected = await answer(sound, feeds);
        const given = await guarded(() => answer(watched, feeds));
        expect(difference(given, expected), `${code.graph} ${JSON.stringify(dims)}`).toBe('');
        if (typeof expected !== 'string') answered++;
      }
    }
    expect(answered).toBeGreaterThan(lengths.length / 2);
    expect(instance.canaries).toBeGreaterThan(answered * 10);
  }
}
