// Keys and values of one graph that grow by different numbers of tokens: all have room for those of the longest.

import { expect, test } from 'vitest';
import { constant, symbol } from '../../model-assets/engine/dim.ts';
import { FLOAT } from '../../model-assets/engine/element-types.ts';
import { EXP } from '../../shared/runtime/engine/command-format.ts';
import type { HeldFeeds } from '../../shared/runtime/session.ts';
import { createRandom } from '../runtime/engine/random.ts';
import { graphOf, openGraph } from './run-graph.ts';

const [HEADS, SIZE] = [2, 4];

/** The keys, and something of each. */
const open = () =>
  openGraph(
    graphOf((b) => {
      const keys = ['short', 'long'].map((name) => {
        const dims = (tokens: string) => [symbol('batch'), constant(HEADS), symbol(tokens), constant(SIZE)];
        const past = b.input(`past.${name}`, FLOAT, 'float', dims(`past ${name}`));
        return b.concat([past, b.input(name, FLOAT, 'float', dims(name))], 2);
      });
      return [...keys, ...keys.map((view) => b.unary(EXP, view))];
    }),
  );

const random = createRandom(57);
const tensor = (tokens: number) => ({ data: random.floats(HEADS * tokens * SIZE), dims: [1, HEADS, tokens, SIZE] });

/** The tokens of each head, in order. */
function joined(parts: readonly Float32Array[]): number[] {
  return Array.from({ length: HEADS }, (_, head) =>
    parts.flatMap((part) => {
      const length = part.length / HEADS;
      return [...part.subarray(head * length, (head + 1) * length)];
    }),
  ).flat();
}

test('the longest decides, from the first run on and in place', async () => {
  const session = open();
  let pasts: HeldFeeds = { 'past.short': tensor(0), 'past.long': tensor(0) };
  const given: Record<'short' | 'long', Float32Array[]> = { short: [], long: [] };
  for (const tokens of [60, 2, 80]) {
    const [short, long] = [tensor(1), tensor(tokens)];
    given.short.push(short.data);
    given.long.push(long.data);
    const { fetched, held } = await session.runHeld({ ...pasts, short, long }, ['y', 'y1'], ['y', 'y1']);
    expect([...(fetched.y?.data ?? [])]).toEqual(joined(given.short));
    expect([...(fetched.y1?.data ?? [])]).toEqual(joined(given.long));
    const { y, y1 } = held;
    if (!y || !y1) expect.fail('they are held');
    pasts = { 'past.short': y, 'past.long': y1 };
  }
});

test('pasts of different lengths that are fed from outside are refused', async () => {
  const feeds = { 'past.short': tensor(2), 'past.long': tensor(5), short: tensor(1), long: tensor(1) };
  await expect(open().run(feeds)).rejects.toMatchObject({
    code: 'invalid_input',
    message: 'keys and values of the past have different lengths',
  });
});
