// Products as ONNX writes them: what the engine does not take is refused, and never another product.

import { describe, expect, test } from 'vitest';
import type { Builder } from '../../model-assets/engine/builder.ts';
import { constant } from '../../model-assets/engine/dim.ts';
import { FLOAT, INT64 } from '../../model-assets/engine/element-types.ts';
import { explain } from '../../model-assets/engine/explain.ts';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import { Image } from '../../model-assets/engine/image.ts';
import type { View } from '../../model-assets/engine/ir.ts';
import { lower } from '../../model-assets/engine/lower.ts';
import { expand, transpose } from '../../model-assets/engine/views.ts';
import { expectClose } from '../runtime/engine/expected.ts';
import { Row } from './row.ts';
import { graphOf, openGraph } from './run-graph.ts';

/** Equations by what is said of them, with the ranks of their tensors. */
const REFUSED: readonly (readonly [equation: string, ranks: readonly [number, number], message: string])[] = [
  ['bii,bij->bj', [3, 3], 'the equation bii,bij->bj is not supported'],
  ['bij,bjj->bi', [3, 3], 'the equation bij,bjj->bi is not supported'],
  ['ij,jk->ii', [2, 2], 'the equation ij,jk->ii is not supported'],
  ['ij,jk->ikl', [2, 2], 'the equation ij,jk->ikl is not supported'],
  ['...ij,jk->ik', [2, 2], 'the equation ...ij,jk->ik is not supported'],
  ['ij,jk->ik', [3, 2], 'ij,jk->ik is not of tensors of 3 and 2 dimensions'],
  ['bij,jk->bik', [3, 1], 'bij,jk->bik is not of tensors of 3 and 1 dimensions'],
  ['ij,jk->i', [2, 2], 'ij,jk->i sums over one tensor alone'],
];

test.each(REFUSED)('Einsum %s', (equation, ranks, message) => {
  const row = new Row();
  const inputs = ranks.map((rank, i) => {
    const dims = Array.from({ length: rank }, () => constant(2));
    return row.builder.input(`x${i}`, FLOAT, 'float', dims);
  });
  expect(() => row.call('Einsum', inputs, { equation })).toThrow(message);
});

/** x in bytes times a weight in bytes, as quantize_dynamic leaves it. */
function inIntegers(builder: Builder, scales: readonly number[], zeros: readonly number[]) {
  const row = new Row(builder);
  const x = builder.input('x', FLOAT, 'float', [constant(1), constant(2)]);
  const [bytes, scale, zero] = row.all('DynamicQuantizeLinear', [x]);
  if (!bytes || !scale || !zero) throw new Error('x is not in bytes');
  const weight = row.bytes([10, 20, 30, 40], [2, 2]);
  const product = row.call('MatMulInteger', [bytes, weight, zero, row.bytes(zeros, [zeros.length])]);
  return row.call('Mul', [row.call('Cast', [product], { to: FLOAT }), row.call('Mul', [scale, row.floats(...scales)])]);
}

const [x, both] = [{ data: Float32Array.of(1, 1), dims: [1, 2] }, [10, 20]];

test.each([
  [[1], [10], [20, 40]],
  [[1], both, [20, 20]],
  [[1, 0.5], [10], [20, 20]],
  [[1, 0.5], both, [20, 10]],
])('MatMulInteger with scales %j and zero points %j', async (scales, zeros, expected) => {
  const { y } = await openGraph(graphOf((builder) => inIntegers(builder, scales, zeros))).run({ x });
  expectClose(Float32Array.from(y?.data ?? [], Number), expected, { absolute: 0.3, relative: 0 });
});

/** x [1, 2] times a weight [2, 3] with three scales, in bytes or in floats. */
function byChannel(builder: Builder, isInt8: boolean, weightOf: (row: Row) => View): View {
  const row = new Row(builder);
  const x = builder.input('x', FLOAT, 'float', [constant(1), constant(2)]);
  const [weight, scales] = [weightOf(row), row.floats(1, 10, 100)];
  if (!isInt8) return row.call('MatMul', [x, row.call('DequantizeLinear', [weight, scales])]);
  const [bytes, scale, zero] = row.all('DynamicQuantizeLinear', [x]);
  if (!bytes || !scale || !zero) throw new Error('x is not in bytes');
  const product = row.call('Cast', [row.call('MatMulInteger', [bytes, weight, zero])], { to: FLOAT });
  return row.call('Mul', [product, row.call('Mul', [scale, scales])]);
}

describe.each([
  ['DequantizeLinear', false],
  ['MatMulInteger', true],
])('%s with scales by channel', (_, isInt8) => {
  const eight = (row: Row) => row.bytes([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]);
  const columns = (row: Row, weight: View, end: number) =>
    row.call('Slice', [weight, row.ints(end - 3), row.ints(end), row.ints(1)]);

  test.each<readonly [string, (row: Row) => View]>([
    ['the first columns', (row) => columns(row, eight(row), 3)],
    ['the last columns', (row) => columns(row, eight(row), 4)],
    ['a weight that is repeated', (row) => expand(row.bytes([1, 2, 3], [1, 3]), [2, 3].map(constant))],
  ])('is refused: %s', (_name, weightOf) => {
    expect(() => graphOf((builder) => byChannel(builder, isInt8, weightOf))).toThrow('a part of a weight');
  });

  test.each<readonly [string, (row: Row) => View]>([
    ['turned round', (row) => transpose(row.bytes([1, 4, 2, 5, 3, 6], [3, 2]), [1, 0])],
    ['under other dimensions', (row) => row.call('Reshape', [row.bytes([1, 2, 3, 4, 5, 6], [6]), row.ints(2, 3)])],
    [
      'with an axis of 1 taken off',
      (row) => row.call('Squeeze', [row.bytes([1, 2, 3, 4, 5, 6], [2, 1, 3]), row.ints(1)]),
    ],
  ])('is what it says: a weight %s', async (_name, weightOf) => {
    const { y } = await openGraph(graphOf((builder) => byChannel(builder, isInt8, weightOf))).run({ x });
    expectClose(Float32Array.from(y?.data ?? [], Number), [5, 70, 900], { absolute: 0, relative: 0.02 });
  });
});

test.each<readonly [name: string, (row: Row) => View]>([
  ['linear int8', (row) => row.call('DequantizeLinear', [row.bytes([1, 2, 3, 4], [2, 2]), row.floats(1)])],
  ['linear', (row) => row.builder.data(Float32Array.of(1, 2, 3, 4), [2, 2])],
])('what explains a program calls a product %s by its weight', (name, weightOf) => {
  const image = new Image();
  const graph = graphOf((builder) => {
    const row = new Row(builder);
    return row.call('MatMul', [builder.input('x', FLOAT, 'float', [constant(1), constant(2)]), weightOf(row)]);
  });
  const lowered = lower(fuse(graph), 'model', null, image);
  const program = { functions: [lowered.code], imageBytes: image.byteLength };
  const lines = explain({ program, lowered: [lowered], front: new Uint8Array() }, 1);
  expect(lines.at(-1)).toMatch(new RegExp(`^ +0 ${name}  `));
});

test('MatMulInteger with zero points of another axis', () => {
  const build = () => graphOf((builder) => inIntegers(builder, [1], [10, 20, 30]));
  expect(build).toThrow('a weight has 3 scales or zero points for an axis of another size');
  const row = new Row();
  const rows = row.call('Gather', [
    row.bytes([1, 2, 3, 4], [2, 2]),
    row.builder.input('i', INT64, 'int', [constant(2)]),
  ]);
  const inputs = [rows, row.bytes([10, 20, 30, 40], [2, 2]), row.bytes(both, [2])];
  expect(() => row.call('MatMulInteger', inputs)).toThrow('zero points by their place among the indices');
});
