// SOFTMAX, LAYER_NORM and REDUCE against 64 bits.

import { expect, test } from 'vitest';
import * as format from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { expectClose } from './expected.ts';
import { bits, Machine } from './machine.ts';
import { createRandom } from './random.ts';

const machine = new Machine(engine);
const random = createRandom(1);
const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 384, 1000];
const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

test('SOFTMAX and its logarithm', () => {
  for (const columns of WIDTHS) {
    for (const logarithm of [0, 1]) {
      for (const inPlace of [false, true]) {
        machine.clear();
        const x = random.floats(3 * columns).map((value) => value * 8 + 100);
        const out = machine.room(x.byteLength, x);
        machine.run([format.SOFTMAX, out, inPlace ? out : machine.putAtEnd(x), 3, columns, logarithm]);
        for (let r = 0; r < 3; r++) {
          const row = x.subarray(r * columns, (r + 1) * columns);
          const top = Math.max(...row);
          const total = sum(Array.from(row, (value) => Math.exp(value - top)));
          const wanted = Array.from(row, (value) =>
            logarithm ? value - top - Math.log(total) : Math.exp(value - top) / total,
          );
          expectClose(machine.readFloats(out + 4 * r * columns, columns), wanted, {
            absolute: logarithm * 3e-6,
            relative: 1e-6,
          });
        }
      }
    }
  }
});

test('SOFTMAX of rows with infinities and without numbers', () => {
  machine.clear();
  const rows = [
    [-Infinity, 0, 0, -Infinity, -Infinity],
    [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    [0, NaN, 0, 0, 0],
    [0, 0, 0, 0, Infinity],
    [-3e38, 3e38, 0, 0, 0],
  ];
  const out = machine.room(100);
  machine.run([format.SOFTMAX, out, machine.floats(rows.flat()), 5, 5, 0]);
  const none = Array(5).fill(NaN);
  expect([...machine.readFloats(out, 25)]).toEqual([0, 0.5, 0.5, 0, 0, ...none, ...none, ...none, 0, 1, 0, 0, 0]);
});

test('LAYER_NORM', () => {
  for (const columns of WIDTHS) {
    for (let flags = 0; flags < 64; flags++) {
      machine.clear();
      const [hasAdded, wantsSum, hasScale, hasShift, rms, over] = [1, 2, 4, 8, 16, 32].map(
        (bit) => (flags & bit) !== 0,
      );
      // Far from 0: two passes are needed. In a narrow row even the rounding of the mean would show.
      const x = random.floats(2 * columns).map((value) => value + (columns < 8 ? 0 : 30));
      const [added, scale, shift] = [random.floats(2 * columns), random.floats(columns), random.floats(columns)];
      const at = machine.room(x.byteLength, x);
      const total = wantsSum ? (over ? at : machine.room(x.byteLength)) : 0;
      const out = machine.room(x.byteLength);
      const words = [out, at, hasAdded ? machine.put(added) : 0, total, hasScale ? machine.put(scale) : 0];
      const rest = [hasShift ? machine.putAtEnd(shift) : 0, 2, columns, bits(1e-5), rms ? 1 : 0];
      machine.run([format.LAYER_NORM, ...words, ...rest]);
      const sums = x.map((value, i) => value + (hasAdded ? (added[i] ?? 0) : 0));
      if (wantsSum) expect(machine.readFloats(total, sums.length)).toEqual(sums);
      if (!wantsSum || !over) expect(machine.readFloats(at, x.length)).toEqual(x);
      for (let r = 0; r < 2; r++) {
        const row = sums.subarray(r * columns, (r + 1) * columns);
        const mean = rms ? 0 : sum(row) / columns;
        const variance = sum(Array.from(row, (value) => (value - mean) ** 2)) / columns;
        const wanted = Array.from(row, (value, i) => {
          const y = (value - mean) / Math.sqrt(variance + Math.fround(1e-5));
          return y * (hasScale ? (scale[i] ?? 0) : 1) + (hasShift ? (shift[i] ?? 0) : 0);
        });
        const actual = machine.readFloats(out + 4 * r * columns, columns);
        expectClose(actual, wanted, {
          absolute: columns < 8 ? 1e-4 : 1e-5,
          relative: 2e-6,
          what: `${columns} columns, flags ${flags}`,
        });
      }
    }
  }
});

test('LAYER_NORM of a row that is all the same, and of none', () => {
  machine.clear();
  const out = machine.room(36);
  const rows = [5, 5, 5, NaN, 1, 2, 1, Infinity, 2];
  machine.run([format.LAYER_NORM, out, machine.floats(rows), 0, 0, 0, 0, 3, 3, bits(1e-12), 0]);
  expect([...machine.readFloats(out, 9)]).toEqual([0, 0, 0, ...Array(6).fill(NaN)]);
});

test('REDUCE', () => {
  const joins: Readonly<Record<number, (values: number[]) => number>> = {
    [format.SUM]: sum,
    [format.MEAN]: (values) => sum(values) / values.length,
    [format.GREATEST]: (values) => Math.max(...values),
    [format.LEAST]: (values) => Math.min(...values),
    [format.PRODUCT]: (values) => values.reduce((a, b) => a * b, 1),
  };
  for (const size of [0, 1, 2, 3, 4, 5, 8, 9, 33, 384]) {
    for (const inner of [1, 2, 4, 5, 9]) {
      for (const [operation, join] of Object.entries(joins)) {
        machine.clear();
        const x = random.floats(2 * size * inner);
        const out = machine.room(8 * inner);
        machine.run([format.REDUCE, Number(operation), out, machine.putAtEnd(x), 2, size, inner]);
        const wanted = Array.from({ length: 2 * inner }, (_, i) => {
          const start = Math.floor(i / inner) * size * inner + (i % inner);
          return join(Array.from({ length: size }, (_, n) => x[start + n * inner] ?? 0));
        });
        const what = `operation ${operation}, ${size}, ${inner}`;
        expectClose(machine.readFloats(out, 2 * inner), wanted, { absolute: 4e-5, relative: 1e-5, what });
      }
    }
  }
});
