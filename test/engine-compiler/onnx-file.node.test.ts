// ONNX files that are cut, altered or hostile: an Error, at once.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compile } from '../../model-assets/engine/compile.ts';
import { DOUBLE, FLOAT, INT4, INT32, INT64, UINT4 } from '../../model-assets/engine/element-types.ts';
import { toElements } from '../../model-assets/engine/elements.ts';
import { packNibbles, unpackNibbles } from '../../model-assets/engine/nibbles.ts';
import { readOnnx } from '../../model-assets/engine/onnx-file.ts';
import { ProtobufReader } from '../../model-assets/engine/protobuf.ts';
import { createRandom } from '../runtime/engine/random.ts';

const CASES = join(import.meta.dirname, '../fixtures/onnx-operators/cases.jsonl.gz');
const lines = gunzipSync(readFileSync(CASES)).toString().trim().split('\n');
const models = new Map(
  lines.map((line) => {
    const { name, model }: { name: string; model: string } = JSON.parse(line);
    return [name, new Uint8Array(Buffer.from(model, 'base64'))] as const;
  }),
);
const modelOf = (name: string) => models.get(name) ?? expect.fail(name);
const SOME = ['gemm_default_matrix_bias', 'extra_matmul_integer_int8_channel_near', 'extra_if_True', 'extra_slice_1'];

// Files by hand: fields with what is in them.
const varint = (value: number | bigint): number[] => unsigned(BigInt.asUintN(64, BigInt(value)));
const unsigned = (value: bigint): number[] =>
  value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...unsigned(value >> 7n)];
const field = (number: number, content: readonly number[]) => [
  (number << 3) | 2,
  ...varint(content.length),
  ...content,
];
const int = (number: number, value: number | bigint) => [number << 3, ...varint(value)];
const text = (value: string) => [...new TextEncoder().encode(value)];
const bytesOf = (data: ArrayBufferView) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
/** Of the fields of its graph. */
const model = (all: readonly number[][]) => Uint8Array.from([...field(7, all.flat()), ...field(8, int(2, 17))]);

const compiled = (onnx: Uint8Array) => compile([{ name: 'model', onnx, externalData: new Map() }]);
/** What it throws; undefined where it does not. */
function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

test.each(SOME)('%s, cut at every byte', (name) => {
  const whole = modelOf(name);
  expect(readOnnx(whole).graph.nodes.length).toBeGreaterThan(0);
  for (let length = 0; length < whole.byteLength; length++) {
    expect(
      errorOf(() => readOnnx(whole.subarray(0, length))),
      `${length}`,
    ).toBeInstanceOf(Error);
  }
});

test.each(SOME)('%s, altered at random', (name) => {
  const random = createRandom(1);
  const whole = modelOf(name);
  let refused = 0;
  for (let n = 0; n < 2000; n++) {
    const bytes = whole.slice();
    for (let change = random.integer(1, 3); change > 0; change--) {
      bytes[random.integer(0, bytes.length - 1)] = random.pick([0, 1, 127, 128, 255, random.integer(0, 255)]);
    }
    const started = performance.now();
    const error = errorOf(() => compiled(bytes));
    expect(performance.now() - started, `${n}`).toBeLessThan(3000);
    if (error === undefined) continue;
    expect(error).toBeInstanceOf(Error);
    // Of its own, and not of an engine that ran out of something.
    expect(error).not.toBeInstanceOf(RangeError);
    refused++;
  }
  expect(refused).toBeGreaterThan(200);
});

test('lengths that lie, and numbers without an end', () => {
  const bytes = (...values: number[]) => [...new ProtobufReader(Uint8Array.from(values))];
  expect(() => bytes(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)).toThrow('cut short');
  // A length of -11, which leads back to where it stands.
  const circle = new ProtobufReader(Uint8Array.of(0x0a, 0xf5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01));
  const fields = circle[Symbol.iterator]();
  expect(() => fields.next()).toThrow('cut short');
  expect(() => bytes(0x08, ...Array<number>(11).fill(0x80))).toThrow('too long');
  expect(() => bytes(0x08, 0x80)).toThrow('ends within a number');
  expect(() => bytes(0x0d, 1, 2, 3)).toThrow('cut short');
  for (const kind of [3, 4, 6, 7]) expect(() => bytes(0x08 | kind, 0)).toThrow(`a field of kind ${kind}`);
});

test('numbers of every length', () => {
  const [field] = new ProtobufReader(Uint8Array.of(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01));
  expect(field?.int()).toBe(-1);
  const [large] = new ProtobufReader(Uint8Array.of(0x10, 0xac, 0x02));
  expect([large?.number, large?.int()]).toEqual([2, 300]);
  const [packed] = new ProtobufReader(Uint8Array.of(0x0a, 3, 1, 0xac, 0x02));
  expect(packed?.ints()).toEqual([1, 300]);
});

test('numbers of 4 bits', () => {
  // Two in a byte, the first in its lower half; a sign reaches over the byte.
  const packed = Uint8Array.of(0x81, 0xf7, 0x0a);
  expect([...unpackNibbles(packed, 5, false)]).toEqual([1, 8, 7, 15, 10]);
  expect([...new Int8Array(unpackNibbles(packed, 5, true).buffer)]).toEqual([1, -8, 7, -1, -6]);
  // Rows begin with a byte.
  expect([...packNibbles([1, 8, 7, 15, 10, 2], 3)]).toEqual([0x81, 0x07, 0xaf, 0x02]);
  expect([...packNibbles([1, 8, 7, 15], 2)]).toEqual([0x81, 0xf7]);
});

test('tensors by their own fields, by raw bytes and from other files', () => {
  const tensor = (name: string, type: number, ...rest: number[][]) =>
    field(5, [...int(1, 2), ...int(2, type), ...field(8, text(name)), ...rest.flat()]);
  const pair = (key: string, value: string) => field(13, [...field(1, text(key)), ...field(2, text(value))]);
  const floats = bytesOf(Float32Array.of(1.5, -2));
  const tensors = [
    tensor('floats', FLOAT, field(4, floats)),
    tensor('raw', FLOAT, field(9, floats)),
    tensor('ints', INT64, field(7, [1, ...varint(300)])),
    tensor('outside', FLOAT, pair('location', 'weights.bin'), pair('offset', '4'), pair('length', '8')),
    tensor('nibbles', INT4, field(9, [0x81])),
    tensor('typed nibbles', UINT4, field(5, [0x42])),
  ];
  const files = new Map([['weights.bin', Uint8Array.from([9, 9, 9, 9, ...floats])]]);
  const read = readOnnx(model(tensors), files).graph.initializers;
  expect(read.map(({ name, dims }) => [name, dims])).toEqual(
    ['floats', 'raw', 'ints', 'outside', 'nibbles', 'typed nibbles'].map((name) => [name, [2]]),
  );
  expect(read.map((each) => [...each.read()])).toEqual([
    ...[floats, floats, bytesOf(BigInt64Array.of(1n, 300n)), floats],
    [0x81],
    [0x42],
  ]);
  expect(() => readOnnx(model(tensors))).toThrow('weights.bin, which is not there');
  for (const [dims, data] of [
    [[3], floats],
    [[-1], floats],
    [[2 ** 27, 2 ** 27], floats],
    [[2], []],
  ] as const) {
    const lying = field(5, [...dims.flatMap((size) => [8, ...varint(size)]), ...int(2, FLOAT), ...field(9, data)]);
    expect(() => readOnnx(model([lying]))).toThrow(/has \d bytes for the shape/);
  }
  const beyond = tensor('outside', FLOAT, pair('location', 'weights.bin'), pair('offset', '8'), pair('length', '8'));
  expect(() => readOnnx(model([beyond]), files)).toThrow('reach over the end');
});

test('integers of 64 bits, wherever they stand, are the nearest of 32', () => {
  const most = [2n ** 63n - 1n, -(2n ** 63n)];
  const ints = field(7, most.flatMap(varint));
  const raw = field(9, bytesOf(BigInt64Array.from(most)));
  const tensors = [ints, raw].map((data) => field(5, [...int(1, 2), ...int(2, INT64), ...data]));
  const attributes = [
    field(5, [...field(1, text('ends')), ...field(8, most.flatMap(varint))]),
    field(5, [...field(1, text('end')), ...int(3, 2n ** 63n - 1n)]),
  ];
  const { nodes, initializers } = readOnnx(model([...tensors, field(1, attributes.flat())])).graph;
  const nearest = [2 ** 31 - 1, -(2 ** 31)];
  expect(initializers.map(({ type, read }) => [...toElements(type, read())])).toEqual([nearest, nearest]);
  expect(nodes[0]?.attributes.get('ends')?.ints).toEqual(nearest);
  expect(nodes[0]?.attributes.get('end')?.int).toBe(nearest[0]);
});

test('fields of more elements than a call takes', () => {
  const count = 200_000;
  const zeros = (number: number, bytes: number) => field(number, new Array<number>(bytes * count).fill(0));
  const tensors = [
    [FLOAT, zeros(4, 4)],
    [DOUBLE, zeros(10, 8)],
    [INT32, zeros(5, 1)],
    [INT64, zeros(7, 1)],
  ] as const;
  const all = tensors.map(([type, data]) => field(5, [...int(1, count), ...int(2, type), ...data]));
  const constant = field(5, [...field(1, text('value')), ...zeros(7, 4), ...zeros(8, 1)]);
  const { nodes, initializers } = readOnnx(model([...all, field(1, constant)])).graph;
  expect(initializers.map(({ type, read }) => toElements(type, read()).length)).toEqual(tensors.map(() => count));
  const value = nodes[0]?.attributes.get('value');
  expect([value?.floats.length, value?.ints.length]).toEqual([count, count]);
});
