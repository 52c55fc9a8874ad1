// Panels of weights hold the weights: read back by the layout that command-format.ts tells.

import { expect, test } from 'vitest';
import { ByteWeights } from '../../model-assets/engine/byte-weights.ts';
import { constant } from '../../model-assets/engine/dim.ts';
import { type Quantized, type View, whole } from '../../model-assets/engine/ir.ts';
import { packLinear } from '../../model-assets/engine/pack.ts';
import { transpose } from '../../model-assets/engine/views.ts';
import { DEPTH_UNIT, PANEL, PANEL_TAIL_F32, PANEL_TAIL_I8 } from '../../shared/runtime/engine/command-format.ts';
import { WEIGHTS_F32, WEIGHTS_I8 } from '../../shared/runtime/engine/program.ts';
import { createRandom } from '../runtime/engine/random.ts';

const random = createRandom(41);

/** A panel's column: its elements, what they are times, and what follows them. */
interface Column {
  readonly values: readonly number[];
  readonly padding: readonly number[];
  readonly scale: number;
  readonly scaledSum: number;
  readonly bias: number;
}

function bytesColumn({ bytes, depth }: ReturnType<typeof packLinear>, n: number): Column {
  const padded = Math.ceil(depth / DEPTH_UNIT) * DEPTH_UNIT;
  const at = Math.floor(n / PANEL) * (padded * PANEL + PANEL_TAIL_I8);
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset + at);
  const of = (k: number) => signed[(k >> 2) * PANEL * 4 + (n % PANEL) * 4 + (k & 3)] ?? Number.NaN;
  const tail = new Float32Array(bytes.buffer, bytes.byteOffset + at + padded * PANEL, 3 * PANEL);
  const [scale = 0, scaledSum = 0, bias = 0] = [0, 1, 2].map((row) => tail[row * PANEL + (n % PANEL)]);
  const all = Array.from({ length: padded }, (_, k) => of(k));
  return { values: all.slice(0, depth), padding: all.slice(depth), scale, scaledSum, bias };
}

function quantized(dims: readonly [number, number], axis: 0 | 1, isOne: boolean, spread: number): View {
  const [rows, columns] = dims;
  const count = isOne ? 1 : dims[axis];
  const parts: Quantized = {
    values: ByteWeights.of(Int8Array.from({ length: rows * columns }, () => random.integer(-128, 127))),
    scales: Float32Array.from({ length: count }, () => 0.01 + random.next() / 50),
    zeros: Int32Array.from({ length: count }, () => random.integer(-spread, spread)),
    inner: isOne ? rows * columns : axis === 0 ? columns : 1,
  };
  const length = constant(rows * columns);
  return whole({ type: 'float', length, quantized: parts }, dims.map(constant));
}

/** What element [k, n] of a whole matrix stands for. */
function exact({ buffer, dims }: View, k: number, n: number): number {
  const { values, scales, zeros, inner } = buffer.quantized ?? expect.fail('no bytes');
  const at = k * (dims[1]?.terms[0]?.coefficient ?? 1) + n;
  const channel = Math.floor(at / inner) % scales.length;
  return ((values.read()[at] ?? 0) - (zeros[channel] ?? 0)) * (scales[channel] ?? 0);
}

/** How far elements, and sums of two neighbours, are from 0. */
const reachOf = (column: readonly number[]) =>
  column.reduce((most, x, k) => Math.max(most, Math.abs(x), k % 2 === 0 ? Math.abs(x + (column[k + 1] ?? 0)) : 0), 0);

const SHAPES = [
  [16, 8],
  [12, 10],
  [7, 9],
  [1, 1],
  [33, 17],
] as const;

test.each(SHAPES)('bytes, %i deep and %i wide', (depth, columns) => {
  for (const axis of [0, 1] as const) {
    for (const isOne of [true, false]) {
      for (const spread of [0, 5, 128]) {
        const matrix = quantized([depth, columns], axis, isOne, spread);
        const bias = whole({ type: 'float', length: constant(columns), data: random.floats(columns) }, [
          constant(columns),
        ]);
        const packed = packLinear([{ weight: matrix, bias }]);
        expect([packed.columns, packed.depth, packed.kind]).toEqual([columns, depth, WEIGHTS_I8]);
        for (let n = 0; n < columns; n++) {
          const { values, padding, scale, scaledSum, bias: added } = bytesColumn(packed, n);
          const wanted = values.map((_, k) => exact(matrix, k, n));
          // As they are, where one scale says it all, no zero point gets in the way and no pair is too much; else within half a step of 127.
          const reach = reachOf(wanted);
          const isKept =
            spread === 0 &&
            (isOne || axis === 1) &&
            reach <= 128.01 * (matrix.buffer.quantized?.scales[isOne ? 0 : n] ?? 0);
          const allowed = isKept ? 1e-7 : reach / 127 / 2 + 1e-6;
          for (const [k, value] of values.entries()) {
            expect(Math.abs(value * scale - (wanted[k] ?? 0))).toBeLessThanOrEqual(allowed);
          }
          expect(reachOf(values)).toBeLessThanOrEqual(128);
          expect(padding.every((value) => value === 0)).toBe(true);
          expect(scaledSum).toBeCloseTo(scale * values.reduce((sum, value) => sum + value, 0), 4);
          expect(added).toBe(bias.buffer.data?.[n]);
        }
      }
    }
  }
});

test('a zero point that leaves room for the bytes loses nothing', () => {
  const parts: Quantized = {
    values: ByteWeights.of(Int8Array.of(-90, 20, 100, 5)),
    scales: Float32Array.of(0.5),
    zeros: Int32Array.of(10),
    inner: 4,
  };
  const weight = whole({ type: 'float', length: constant(4), quantized: parts }, [constant(4), constant(1)]);
  const { values, scale, bias } = bytesColumn(packLinear([{ weight, bias: null }]), 0);
  expect([values, scale, bias]).toEqual([[-100, 10, 90, -5], 0.5, 0]);
});

test.each([8, 7])(
  'two that add up to more than 128 have their column rounded once more, and no other: %i deep',
  (depth) => {
    const columns = [
      [-128, -128, 5, -128, -128, 3, -128, -128],
      [100, -100, 127, 1, -128, 0, 64, 64],
      [0, 127, 2, 3, 7, -9, 11, 0],
      [90, 80, 1, -1, 40, 0, 3, -20],
    ].map((column) => column.slice(0, depth));
    const parts: Quantized = {
      values: ByteWeights.of(Int8Array.from(columns.flat())),
      scales: Float32Array.of(0.5),
      zeros: Int32Array.of(0),
      inner: 4 * depth,
    };
    const weight = whole({ type: 'float', length: constant(4 * depth), quantized: parts }, [
      constant(4),
      constant(depth),
    ]);
    const packed = packLinear([{ weight: transpose(weight, [1, 0]), bias: null }]);
    const found = columns.map((_, n) => bytesColumn(packed, n));
    expect(found.map(({ values }) => values)).toEqual([
      [-64, -64, 2, -64, -64, 1, -64, -64].slice(0, depth),
      columns[1],
      columns[2],
      [67, 60, 1, -1, 30, 0, 2, -15].slice(0, depth),
    ]);
    expect(found.map(({ scale }) => scale)).toEqual(
      [256 / 127, 1, 1, 170 / 127].map((steps) => Math.fround(steps / 2)),
    );
    for (const { values, scale, scaledSum } of found) {
      expect(scaledSum).toBe(Math.fround(scale * values.reduce((sum, value) => sum + value, 0)));
    }
  },
);

test('a weight of 128, which is no signed byte, has its column rounded once more', () => {
  const parts: Quantized = {
    values: ByteWeights.of(Uint8Array.of(255, 127, 27, 127)),
    scales: Float32Array.of(1),
    zeros: Int32Array.of(127),
    inner: 4,
  };
  const weight = whole({ type: 'float', length: constant(4), quantized: parts }, [constant(4), constant(1)]);
  const { values, scale } = bytesColumn(packLinear([{ weight, bias: null }]), 0);
  expect([values, scale]).toEqual([[127, 0, -99, 0], Math.fround(128 / 127)]);
});

test('rounding once more moves no column to one side', () => {
  // Twice as many steps as there are left: half of them lie between two.
  const column = Int8Array.from({ length: 512 }, (_, k) => (k < 2 ? 127 : (k % 251) - 125));
  const parts: Quantized = {
    values: ByteWeights.of(column),
    scales: Float32Array.of(1),
    zeros: Int32Array.of(0),
    inner: 512,
  };
  const weight = whole({ type: 'float', length: constant(512), quantized: parts }, [constant(512), constant(1)]);
  const { values, scale } = bytesColumn(packLinear([{ weight, bias: null }]), 0);
  expect(scale).toBe(2);
  const moved = values.reduce((sum, value, k) => sum + value * scale - (column[k] ?? 0), 0);
  expect(Math.abs(moved)).toBeLessThan(8);
});

test('columns of nothing but zeros stay zeros', () => {
  const parts: Quantized = {
    values: ByteWeights.of(new Int8Array(8).fill(-128)),
    scales: Float32Array.of(0.5),
    zeros: Int32Array.of(-128),
    inner: 8,
  };
  const weight = whole({ type: 'float', length: constant(8), quantized: parts }, [constant(8), constant(1)]);
  const { values, scale } = bytesColumn(packLinear([{ weight, bias: null }]), 0);
  expect(values).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(scale).toBeGreaterThan(0);
});

test('a weight that is seen turned round, and layers side by side', () => {
  const [first, second] = [quantized([6, 12], 0, false, 4), quantized([12, 5], 1, false, 4)];
  const packed = packLinear([
    { weight: transpose(first, [1, 0]), bias: null },
    { weight: second, bias: null },
  ]);
  expect([packed.columns, packed.depth]).toEqual([11, 12]);
  for (let n = 0; n < 11; n++) {
    const { values, scale } = bytesColumn(packed, n);
    const wanted = values.map((_, k) => (n < 6 ? exact(first, n, k) : exact(second, k, n - 6)));
    const step = reachOf(wanted) / 127;
    for (const [k, value] of values.entries()) expect(Math.abs(value * scale - (wanted[k] ?? 0))).toBeLessThan(step);
  }
});

test.each(SHAPES)('floats, %i deep and %i wide', (depth, columns) => {
  const data = random.floats(depth * columns);
  const weight = whole({ type: 'float', length: constant(depth * columns), data }, [
    constant(depth),
    constant(columns),
  ]);
  const { bytes, kind } = packLinear([{ weight, bias: null }]);
  expect(kind).toBe(WEIGHTS_F32);
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const stride = depth * PANEL + PANEL_TAIL_F32 / 4;
  expect(floats.length).toBe(Math.ceil(columns / PANEL) * stride);
  for (let n = 0; n < columns; n++) {
    const panel = Math.floor(n / PANEL) * stride + (n % PANEL);
    const column = Array.from({ length: depth }, (_, k) => floats[panel + k * PANEL]);
    expect(column).toEqual(Array.from({ length: depth }, (_, k) => data[k * columns + n]));
    expect(floats[panel + depth * PANEL]).toBe(0);
  }
});
