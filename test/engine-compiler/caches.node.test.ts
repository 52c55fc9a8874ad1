// Keys and values that get room for further tokens: which outputs are such, and that runs in place give what runs with copies do.

import { expect, test } from 'vitest';
import type { Builder } from '../../model-assets/engine/builder.ts';
import { giveRoom } from '../../model-assets/engine/caches.ts';
import { constant, format, multiply, ONE, product, subtract, symbol } from '../../model-assets/engine/dim.ts';
import { FLOAT } from '../../model-assets/engine/element-types.ts';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import type { View } from '../../model-assets/engine/ir.ts';
import { expand, slice, transpose } from '../../model-assets/engine/views.ts';
import { EXP } from '../../shared/runtime/engine/command-format.ts';
import { createRandom } from '../runtime/engine/random.ts';
import { graphOf, openGraph } from './run-graph.ts';

const [HEADS, SIZE] = [2, 4];
const WIDTH = HEADS * SIZE;
const [batch, tokens, past] = [symbol('batch'), symbol('tokens'), symbol('past')];

/** The past of keys, and what a run adds to it. */
function inputsOf(b: Builder): { before: View; fresh: View } {
  const heads = [constant(HEADS), constant(SIZE)] as const;
  const before = b.input('past', FLOAT, 'float', [batch, heads[0], past, heads[1]]);
  const states = b.input('x', FLOAT, 'float', [batch, tokens, heads[0], heads[1]]);
  return { before, fresh: transpose(states, [0, 2, 1, 3]) };
}

type Form = (b: Builder, keys: { before: View; fresh: View }) => readonly View[];
const graph = (form: Form) => fuse(graphOf((b) => form(b, inputsOf(b))));

const present: Form = (b, { before, fresh }) => [b.concat([before, fresh], 2)];
/** The keys, and something of all of them that keeps the tokens apart. */
const read: Form = (b, keys) => {
  const [all] = present(b, keys);
  if (!all) throw new Error('no keys');
  return [all, b.unary(EXP, transpose(all, [0, 2, 1, 3]))];
};

test('the past with more behind it has room', () => {
  for (const form of [present, read]) {
    const { graph: roomy, pasts } = giveRoom(graph(form));
    expect([...pasts.values()]).toEqual(['past']);
    const [output] = roomy.outputs;
    expect(output && pasts.has(output.view.buffer)).toBe(true);
    expect(output?.view.strides.map(format).join()).toContain('capacity of the caches');
    expect(output?.view.dims.map(format)).toEqual(['batch', '2', 'past + tokens', '4']);
    // All that reads or writes it knows of the room.
    const views = roomy.nodes.flatMap((node) => [...node.inputs, node.output]);
    const others = views.filter((view) => view && view.buffer !== output?.view.buffer && view.buffer.input !== 'past');
    expect(others.every((view) => !view?.strides.some(({ key }) => key.includes('capacity')))).toBe(true);
  }
});

const NONE: Readonly<Record<string, Form>> = {
  'the past behind': (b, { before, fresh }) => [b.concat([fresh, before], 2)],
  'along the heads': (b, { before, fresh }) => [b.concat([before, b.unary(EXP, fresh)], 1)],
  'a part of the past': (b, { before, fresh }) => [
    b.concat(
      [
        { ...before, dims: before.dims.with(1, constant(1)) },
        { ...fresh, dims: fresh.dims.with(1, constant(1)) },
      ],
      2,
    ),
  ],
  'three parts': (b, { before, fresh }) => [b.concat([before, fresh, fresh], 2)],
  'what was computed of the past': (b, { before, fresh }) => [b.concat([b.unary(EXP, before), fresh], 2)],
  'of another shape': (b, keys) => present(b, keys).map((all) => b.copy(transpose(all, [0, 2, 1, 3]))),
};

test.each(Object.entries(NONE))('no room: %s', (_, form) => {
  expect(giveRoom(graph(form)).pasts.size).toBe(0);
});

const all: (of: (b: Builder, keys: View) => View) => Form = (of) => (b, keys) => {
  const [whole] = present(b, keys);
  if (!whole) throw new Error('no keys');
  return [whole, of(b, whole)];
};
const EXP_OF: Readonly<Record<string, readonly [room: boolean, form: Form]>> = {
  'the second head': [true, all((b, keys) => b.unary(EXP, slice(keys, 1, constant(1), constant(1))))],
  'the fresh tokens of the second head': [
    true,
    all((b, keys) => b.unary(EXP, slice(slice(keys, 1, constant(1), constant(1)), 2, past, tokens))),
  ],
  'tokens from the last to the first': [
    true,
    all((b, keys) => {
      const length = keys.dims[2] ?? ONE;
      return b.unary(EXP, slice(keys, 2, subtract(length, ONE), length, constant(-1)));
    }),
  ],
  'heads and tokens as one': [
    false,
    all((b, keys) => {
      const rows = multiply(constant(HEADS), keys.dims[2] ?? ONE);
      return b.unary(EXP, b.reshape(keys, [batch, rows, constant(SIZE)]));
    }),
  ],
  'keys that come out twice': [
    false,
    all((b, keys) => b.reshape(keys, [batch, constant(HEADS), product(keys.dims.slice(2))])),
  ],
};

test.each(Object.entries(EXP_OF))('parts of the keys: %s', async (_, [room, form]) => {
  const built = graph(form);
  expect(giveRoom(built).pasts.size).toBe(room ? 1 : 0);
  const [first, second] = [4 * HEADS * SIZE, 2 * HEADS * SIZE].map((length) => createRandom(52).floats(length));
  if (!first || !second) expect.fail('no floats');
  const feeds = { past: { data: first, dims: [2, HEADS, 2, SIZE] }, x: { data: second, dims: [2, 1, HEADS, SIZE] } };
  const { y, y1 } = await openGraph(built).run(feeds);
  // The same with copies for all that comes out: keys of five dimensions have no room.
  const plain = graph((b, keys) => {
    const [whole, part] = form(b, keys);
    if (!whole || !part) throw new Error('no keys');
    return [b.reshape(whole, [ONE, ...whole.dims]), part];
  });
  expect(giveRoom(plain).pasts.size).toBe(0);
  const expected = await openGraph(plain).run(feeds);
  expect(y?.data).toEqual(expected.y?.data);
  expect(y1?.data).toEqual(expected.y1?.data);
});

const ALONE: Readonly<Record<string, Form>> = {
  'the past and fresh tokens': present,
  'the past twice': (b, { before }) => [b.concat([before, before], 2)],
  'the past and known tokens': (b, { before }) => {
    const known = b.data(createRandom(54).floats(3 * WIDTH), [1, HEADS, 3, SIZE]);
    return [b.concat([before, expand(known, before.dims.with(2, constant(3)))], 2)];
  },
};

test.each(Object.entries(ALONE))('keys that nothing else reads: %s', async (_, form) => {
  const built = graph(form);
  expect(giveRoom(built).pasts.size).toBe(1);
  const random = createRandom(53);
  const feeds = {
    past: { data: random.floats(4 * WIDTH), dims: [2, HEADS, 2, SIZE] },
    x: { data: random.floats(2 * WIDTH), dims: [2, 1, HEADS, SIZE] },
  };
  const { y } = await openGraph(built).run(feeds);
  const plain = graph((b, keys) => form(b, keys).map((whole) => b.reshape(whole, [ONE, ...whole.dims])));
  const expected = await openGraph(plain).run(feeds);
  expect([1, ...(y?.dims ?? [])]).toEqual(expected.y?.dims);
  expect(y?.data).toEqual(expected.y?.data);
});

test('tokens added in place give what copies give', async () => {
  const random = createRandom(51);
  const [plain, held] = [openGraph(graph(read)), openGraph(graph(read))];
  const first = { data: new Float32Array(0), dims: [2, HEADS, 0, SIZE] };
  let feeds: Parameters<typeof held.runHeld>[0] = { past: first };
  let copied: { data: Float32Array; dims: readonly number[] } = first;
  // More steps than there is room for at first.
  for (let step = 0; step < 60; step++) {
    const length = step === 0 ? 5 : random.pick([1, 1, 1, 3]);
    const x = { data: random.floats(2 * length * WIDTH), dims: [2, length, HEADS, SIZE] };
    const expected = await plain.run({ past: copied, x });
    const { fetched, held: kept } = await held.runHeld({ ...feeds, x }, ['y1'], ['y']);
    expect(fetched.y1).toEqual(expected.y1);
    const { y } = expected;
    if (!(y?.data instanceof Float32Array) || !kept.y) expect.fail('keys are floats, and held');
    expect(kept.y.dims).toEqual(y.dims);
    for (const tensor of Object.values(feeds)) if ('release' in tensor) tensor.release();
    feeds = { past: kept.y };
    copied = { data: y.data, dims: y.dims };
  }
});
