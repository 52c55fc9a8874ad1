// Weights in 4 bits: how far they are from what they stand for, what neighbours add up to, and where everything lies.

import { expect, test } from 'vitest';
import { ByteWeights } from '../../model-assets/engine/byte-weights.ts';
import { constant } from '../../model-assets/engine/dim.ts';
import { int4Table, ROWS_A_TURN } from '../../model-assets/engine/int4-table.ts';
import { type Quantized, type View, whole } from '../../model-assets/engine/ir.ts';
import { drained } from '../../model-assets/engine/lower.ts';
import { packLinear } from '../../model-assets/engine/pack.ts';
import { transpose } from '../../model-assets/engine/views.ts';
import { I4_BLOCK, PANEL, PANEL_TAIL_I8 } from '../../shared/runtime/engine/command-format.ts';
import { WEIGHTS_I4 } from '../../shared/runtime/engine/program.ts';
import { createRandom } from '../runtime/engine/random.ts';

const random = createRandom(91);

/** About as weights of trained models are. */
const normal = () => Array.from({ length: 12 }, () => random.next()).reduce((sum, x) => sum + x, -6);

function floats(rows: number, columns: number, of: (k: number, n: number) => number): View {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => of(Math.floor(i / columns), i % columns));
  return whole({ type: 'float', length: constant(rows * columns), data }, [constant(rows), constant(columns)]);
}

interface Column {
  readonly bytes: readonly number[];
  readonly padding: readonly number[];
  readonly scale: number;
  readonly scaledSum: number;
  readonly bias: number;
}

/** By command-format.ts. */
function columnOf({ bytes, depth }: ReturnType<typeof packLinear>, n: number): Column {
  const padded = Math.ceil(depth / 8) * 8;
  const blocks = Math.ceil(padded / I4_BLOCK);
  const length = (PANEL * padded) / 2 + PANEL * blocks + PANEL_TAIL_I8;
  const [panel, c] = [Math.floor(n / PANEL) * length, n % PANEL];
  const all = Array.from({ length: padded }, (_, k) => {
    const said = bytes[panel + (PANEL * padded) / 2 + Math.floor(k / I4_BLOCK) * PANEL + c] ?? 0;
    const pair = bytes[panel + Math.floor(k / 4) * 16 + (c % 4) * 4 + (k % 4)] ?? 0;
    return (said & 15) * ((c < 4 ? pair & 15 : pair >> 4) - (said >> 4));
  });
  const tail = new DataView(bytes.buffer, bytes.byteOffset + panel + length - PANEL_TAIL_I8);
  const [scale = 0, scaledSum = 0, bias = 0] = [0, 1, 2].map((row) => tail.getFloat32(4 * (row * PANEL + c), true));
  return { bytes: all.slice(0, depth), padding: all.slice(depth), scale, scaledSum, bias };
}

/** The size of what a column is off, over its own. */
function errorOf({ bytes, scale }: Column, exact: readonly number[]): number {
  return Math.hypot(...exact.map((x, k) => x - scale * (bytes[k] ?? 0))) / Math.hypot(...exact);
}

function expectSound({ bytes, padding, scale, scaledSum }: Column): void {
  for (let k = 0; k < bytes.length; k += 2) {
    const pair = [bytes[k] ?? 0, bytes[k + 1] ?? 0];
    expect(Math.abs((pair[0] ?? 0) + (pair[1] ?? 0))).toBeLessThanOrEqual(128);
    for (const byte of pair) expect(Math.abs(byte)).toBeLessThanOrEqual(127);
  }
  expect(padding.every((byte) => byte === 0)).toBe(true);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  expect(scaledSum).toBeCloseTo(scale * sum, 4);
}

test.each([
  [32, 8],
  [40, 3],
  [7, 9],
  [384, 17],
  [1, 1],
])('of floats, %i deep and %i wide', (depth, columns) => {
  const weight = floats(depth, columns, normal);
  const data = random.floats(columns);
  const bias = whole({ type: 'float', length: constant(columns), data }, [constant(columns)]);
  const packed = packLinear([{ weight, bias }], true);
  expect([packed.columns, packed.depth, packed.kind]).toEqual([columns, depth, WEIGHTS_I4]);
  for (let n = 0; n < columns; n++) {
    const column = columnOf(packed, n);
    expectSound(column);
    expect(column.bias).toBe(data[n]);
    const exact = column.bytes.map((_, k) => weight.buffer.data?.[k * columns + n] ?? 0);
    // 15 steps over a block of 32 Gaussian elements: 8 %.
    expect(errorOf(column, exact)).toBeLessThan(depth < 40 ? 0.12 : 0.1);
  }
});

test('one far from all others costs those of its block, and no more than bytes lose of the rest', () => {
  const [depth, far] = [1536, 50];
  const exact = Array.from({ length: depth }, (_, k) => (k === 700 ? far : normal()));
  const column = columnOf(packLinear([{ weight: floats(depth, 1, (k) => exact[k] ?? 0), bias: null }], true), 0);
  expectSound(column);
  expect(Math.abs((column.bytes[700] ?? 0) * column.scale - far)).toBeLessThan(far / 15);
  const elsewhere = (from: number, to: number) =>
    Math.hypot(...exact.slice(from, to).map((x, i) => x - column.scale * (column.bytes[from + i] ?? 0))) /
    Math.sqrt(to - from);
  // A step of the column is 50 / 123, and its rounding 0.12 of what the others are.
  expect(elsewhere(0, 672)).toBeLessThan(0.14);
  expect(elsewhere(704, depth)).toBeLessThan(0.14);
});

test('neighbours that are great together are held within a pair', () => {
  for (const sign of [1, -1]) {
    const weight = floats(64, 1, (k) => sign * (k % 2 === 0 ? 1 : 0.97));
    const column = columnOf(packLinear([{ weight, bias: null }], true), 0);
    expectSound(column);
    expect(
      errorOf(
        column,
        Array.from({ length: 64 }, (_, k) => sign * (k % 2 === 0 ? 1 : 0.97)),
      ),
    ).toBeLessThan(0.02);
  }
});

test('weights that 4 bits can tell stay as they are', () => {
  const exact = Array.from({ length: 64 }, (_, k) => (k < 32 ? 8 * ((k % 16) - 7) : 3 * ((k % 16) - 12)) / 100);
  const column = columnOf(packLinear([{ weight: floats(64, 1, (k) => exact[k] ?? 0), bias: null }], true), 0);
  expect(errorOf(column, exact)).toBeLessThan(1e-6);
});

test('columns of nothing but zeros stay zeros, beside others', () => {
  // The second column, which shares its bytes with the sixth, and a block in the middle of the third.
  const isNothing = (k: number, n: number) => n === 1 || (n === 2 && k >= 32 && k < 64);
  const weight = floats(100, 6, (k, n) => (isNothing(k, n) ? 0 : normal()));
  const packed = packLinear([{ weight, bias: null }], true);
  expect(columnOf(packed, 1).bytes.every((byte) => byte === 0)).toBe(true);
  expect(columnOf(packed, 1).scaledSum).toBe(0);
  expect(columnOf(packed, 2).bytes.slice(32, 64)).toEqual(new Array(32).fill(0));
  for (const n of [0, 2, 3, 4, 5]) {
    const column = columnOf(packed, n);
    expectSound(column);
    const exact = column.bytes.map((_, k) => weight.buffer.data?.[k * 6 + n] ?? 0);
    expect(errorOf(column, exact)).toBeLessThan(0.1);
  }
});

test('of bytes, of a weight that is seen turned round, and of layers side by side', () => {
  const parts: Quantized = {
    values: ByteWeights.of(Int8Array.from({ length: 6 * 33 }, () => random.integer(-127, 127))),
    scales: Float32Array.from({ length: 6 }, () => 0.01 + random.next() / 50),
    zeros: Int32Array.from({ length: 6 }, () => random.integer(-5, 5)),
    inner: 33,
  };
  const bytes = whole({ type: 'float', length: constant(6 * 33), quantized: parts }, [constant(6), constant(33)]);
  const others = floats(33, 5, normal);
  const packed = packLinear(
    [
      { weight: transpose(bytes, [1, 0]), bias: null },
      { weight: others, bias: null },
    ],
    true,
  );
  expect([packed.columns, packed.depth]).toEqual([11, 33]);
  for (let n = 0; n < 11; n++) {
    const exact = Array.from({ length: 33 }, (_, k) =>
      n < 6
        ? ((parts.values.read()[n * 33 + k] ?? 0) - (parts.zeros[n] ?? 0)) * (parts.scales[n] ?? 0)
        : (others.buffer.data?.[k * 5 + n - 6] ?? 0),
    );
    expectSound(columnOf(packed, n));
    expect(errorOf(columnOf(packed, n), exact)).toBeLessThan(0.1);
  }
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s is told of, and not lost', (bad) => {
  const weight = floats(40, 3, (k, n) => (k === 33 && n === 1 ? bad : normal()));
  expect(() => packLinear([{ weight, bias: null }], true)).toThrow('a weight that is no number');
  expect(() => drained(int4Table(weight))).toThrow('no number');
});

test('a table in bytes, with scales of rows or of columns', () => {
  for (const [count, inner] of [
    [4, 40],
    [40, 1],
    [1, 160],
  ] as const) {
    const parts: Quantized = {
      values: ByteWeights.of(Int8Array.from({ length: 160 }, () => random.integer(-127, 127))),
      scales: Float32Array.from({ length: count }, () => 0.01 + random.next() / 50),
      zeros: Int32Array.from({ length: count }, () => random.integer(-5, 5)),
      inner,
    };
    const table = whole({ type: 'float', length: constant(160), quantized: parts }, [constant(4), constant(40)]);
    const { blocks } = drained(int4Table(table));
    if (!blocks) throw new Error('there are no blocks');
    const packed = blocks.read();
    let [off, size] = [0, 0];
    for (let i = 0; i < 160; i++) {
      const channel = Math.floor(i / inner) % count;
      const exact = ((parts.values.read()[i] ?? 0) - (parts.zeros[channel] ?? 0)) * (parts.scales[channel] ?? 0);
      const entry = Math.floor(i / 40) * 2 + Math.floor((i % 40) / 32);
      const number = ((packed[i >> 1] ?? 0) >> (4 * (i & 1))) & 15;
      off += (exact - (blocks.scales[entry] ?? 0) * (number - (blocks.zeros[entry] ?? 0))) ** 2;
      size += exact ** 2;
    }
    // Evenly spread numbers: a step of 254 / 15, and its rounding over their size.
    expect(Math.sqrt(off / size)).toBeLessThan(0.08);
  }
});

test('a table: every block by its own scale, the last of a row shorter', () => {
  const [rows, width] = [5, 70];
  const table = floats(rows, width, (row, n) => (row === 2 ? 0 : normal() * 10 ** (Math.floor(n / 32) - row)));
  const { blocks, data } = drained(int4Table(table));
  if (!blocks) throw new Error('there are no blocks');
  expect([data, blocks.rows, blocks.width, blocks.bits, blocks.block]).toEqual([undefined, rows, width, 4, 32]);
  const packed = blocks.read();
  for (let row = 0; row < rows; row++) {
    for (let start = 0; start < width; start += 32) {
      const columns = Array.from({ length: Math.min(32, width - start) }, (_, i) => start + i);
      const exact = columns.map((n) => table.buffer.data?.[row * width + n] ?? 0);
      const entry = row * 3 + start / 32;
      const found = columns.map((n) => {
        const number = ((packed[row * 35 + (n >> 1)] ?? 0) >> (4 * (n & 1))) & 15;
        return (blocks.scales[entry] ?? 0) * (number - (blocks.zeros[entry] ?? 0));
      });
      const off = Math.hypot(...exact.map((x, i) => x - (found[i] ?? 0)));
      expect(off).toBeLessThanOrEqual(0.12 * Math.hypot(...exact));
    }
  }
});

test('others have a turn while a table becomes int4', () => {
  const rows = 3 * ROWS_A_TURN + 1;
  const data = random.floats(rows * 32);
  const table = whole({ type: 'float', length: constant(data.length), data }, [constant(rows), constant(32)]);
  expect([...int4Table(table)]).toHaveLength(4);
});
