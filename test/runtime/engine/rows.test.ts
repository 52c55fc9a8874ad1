// Commands on rows and sequences: GATHER, GATHER_I8, GATHER_BLOCKS, SCATTER, GREATEST_OF_ROW, RANGE, FILL, TRILU, CUMULATIVE_SUM; and how
// lists of commands end.

import { expect, test } from 'vitest';
import { packNibbles } from '../../../model-assets/engine/nibbles.ts';
import * as format from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { bits, Machine } from './machine.ts';
import { createRandom } from './random.ts';

const { DONE, ERROR_COMMAND, ERROR_INDEX } = format;
const machine = new Machine(engine);
const random = createRandom(1);

test('GATHER', () => {
  for (let n = 0; n < 100; n++) {
    machine.clear();
    const [outer, size, inner, count] = [
      random.integer(1, 3),
      random.integer(1, 9),
      random.pick([1, 2, 3, 8, 33, 100]),
      n % 7,
    ];
    const table = random.floats(outer * size * inner);
    const indices = Int32Array.from({ length: count }, () => random.integer(-size, size - 1));
    const wanted: number[] = [];
    for (let o = 0; o < outer; o++)
      for (const index of indices)
        for (let i = 0; i < inner; i++) wanted.push(table[(o * size + ((index + size) % size)) * inner + i] ?? 0);
    const out = machine.room(4 * wanted.length);
    const words = [out, machine.putAtEnd(table), machine.put(indices), outer, size, inner, count];
    expect(machine.run([format.GATHER, ...words])).toBe(DONE);
    expect([...machine.readFloats(out, wanted.length)]).toEqual(wanted);
  }
});

test('GATHER_I8', () => {
  for (let n = 0; n < 100; n++) {
    machine.clear();
    const [rows, width, count] = [random.integer(1, 9), random.pick([1, 3, 7, 8, 9, 64, 100]), random.integer(1, 5)];
    const [each, hasZeros] = [n % 2, (n >> 1) % 2];
    const table = Int8Array.from({ length: rows * width }, () => random.integer(-128, 127));
    const scales = random.floats(each ? rows : 1);
    const zeros = Int32Array.from({ length: each ? rows : 1 }, () => random.integer(-128, 255));
    const indices = Int32Array.from({ length: count }, () => random.integer(-rows, rows - 1));
    const wanted: number[] = [];
    for (const index of indices) {
      const row = (index + rows) % rows;
      const zero = hasZeros ? (zeros[each * row] ?? 0) : 0;
      for (let i = 0; i < width; i++) {
        wanted.push(Math.fround(((table[row * width + i] ?? 0) - zero) * (scales[each * row] ?? 0)));
      }
    }
    const out = machine.room(4 * wanted.length);
    const words = [out, machine.putAtEnd(table), machine.put(indices), count, rows, width, machine.put(scales), each];
    expect(machine.run([format.GATHER_I8, ...words, hasZeros ? machine.put(zeros) : 0])).toBe(DONE);
    expect([...machine.readFloats(out, wanted.length)]).toEqual(wanted);
  }
});

test('GREATEST_OF_ROW', () => {
  for (let n = 0; n < 300; n++) {
    machine.clear();
    const columns = random.pick([1, 2, 7, 15, 16, 17, 31, 33, 100, 1000]);
    const count = Math.min(columns, random.integer(0, 20));
    const addend = Math.fround(random.integer(-1000, 0) / 7);
    // Many are equal, some forbidden; in every third row none is.
    const x = random.floats(columns).map((value) => (n % 3 === 0 ? value : Math.round(3 * value)));
    for (let i = 0; n % 3 === 1 && i < columns; i += 2) x[i] = Number.NEGATIVE_INFINITY;
    const sums = x.map((value) => value + addend);
    const wanted = [...sums.keys()]
      .sort((a, b) => (sums[a] === sums[b] ? a - b : (sums[b] ?? 0) - (sums[a] ?? 0)))
      .slice(0, count);
    const out = machine.room(8 * count);
    const words = [out, machine.putAtEnd(x), columns, bits(addend), count];
    expect(machine.run([format.GREATEST_OF_ROW, ...words])).toBe(DONE);
    expect([...machine.readIntegers(out, count)]).toEqual(wanted);
    expect([...machine.readFloats(out + 4 * count, count)]).toEqual(wanted.map((i) => sums[i]));
  }
});

test('GATHER_BLOCKS', () => {
  for (let n = 0; n < 300; n++) {
    machine.clear();
    const [rows, count] = [random.integer(1, 9), random.integer(1, 5)];
    const width = random.pick([1, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 100]);
    const [bits, block, hasZeros] = [random.pick([4, 8]), random.pick([16, 32, 64, 2 ** 29]), n % 2];
    const blocks = Math.ceil(width / block);
    const values = Array.from({ length: rows * width }, () => random.integer(0, 2 ** bits - 1));
    const scales = random.floats(rows * blocks);
    const zeros = Uint8Array.from({ length: rows * blocks }, () => random.integer(0, 2 ** bits - 1));
    const zero = random.integer(0, 255);
    const indices = Int32Array.from({ length: count }, () => random.integer(-rows, rows - 1));
    const wanted = [...indices].flatMap((index) => {
      const row = (index + rows) % rows;
      return values.slice(row * width, (row + 1) * width).map((value, i) => {
        const entry = row * blocks + Math.floor(i / block);
        return Math.fround((value - (hasZeros ? (zeros[entry] ?? 0) : zero)) * (scales[entry] ?? 0));
      });
    });
    const table = bits === 4 ? packNibbles(values, width) : Uint8Array.from(values);
    const out = machine.room(4 * wanted.length);
    const words = [out, machine.putAtEnd(table), machine.put(indices), count, rows, width, bits, block];
    const places = [machine.put(scales), hasZeros ? machine.put(zeros) : 0, zero];
    expect(machine.run([format.GATHER_BLOCKS, ...words, ...places])).toBe(DONE);
    expect([...machine.readFloats(out, wanted.length)]).toEqual(wanted);
  }
});

test('SCATTER', () => {
  machine.clear();
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const wanted = data.slice();
  // [3][4][2], at pairs of (row, column), the second of which comes twice.
  const indices = [0, 1, 2, -1, -3, 0, 2, 3];
  const updates = Float32Array.of(100, 101, 102, 103, 104, 105, 106, 107);
  wanted.set([100, 101], 2);
  wanted.set([106, 107], 22);
  wanted.set([104, 105], 0);
  const out = machine.room(96, data);
  const words = [machine.integers(indices), machine.put(updates), 4, 2, 2, 3, 8, 4, 2];
  expect(machine.run([format.SCATTER, out, ...words])).toBe(DONE);
  expect(machine.readFloats(out, 24)).toEqual(wanted);
});

test('an index outside of its axis, and nothing behind it', () => {
  machine.clear();
  const table = machine.put(new Float32Array(12));
  const bytes = machine.put(new Int8Array(12));
  const scale = machine.floats([1]);
  const out = machine.room(12);
  const fill = machine.room(4);
  for (const index of [4, -5, 2 ** 31 - 1, -(2 ** 31)]) {
    const at = machine.integers([0, index]);
    const after = [format.FILL, fill, 1, 7] as const;
    expect(machine.run([format.GATHER, machine.room(24), table, at, 1, 4, 3, 2], after)).toBe(ERROR_INDEX);
    expect(machine.run([format.GATHER_I8, machine.room(24), bytes, at, 2, 4, 3, scale, 0, 0], after)).toBe(ERROR_INDEX);
    const blocks = [bytes, at, 2, 4, 3, 8, 16, table, 0, 0];
    expect(machine.run([format.GATHER_BLOCKS, machine.room(24), ...blocks], after)).toBe(ERROR_INDEX);
    expect(machine.run([format.SCATTER, out, at, table, 2, 1, 1, 4, 1], after)).toBe(ERROR_INDEX);
    expect(machine.readIntegers(fill, 1)[0]).toBe(-1);
  }
  // An axis without elements has no index.
  expect(machine.run([format.GATHER, out, table, machine.integers([0]), 1, 0, 3, 1])).toBe(ERROR_INDEX);
});

test('RANGE and FILL', () => {
  machine.clear();
  const out = machine.room(4 * 11);
  for (const count of [0, 1, 3, 4, 11]) {
    machine.run([format.FILL, out, 11, -1]);
    machine.run([format.FILL, out, count, bits(2.5)]);
    expect([...machine.readFloats(out, count)]).toEqual(Array(count).fill(2.5));
    expect([...machine.readIntegers(out + 4 * count, 11 - count)]).toEqual(Array(11 - count).fill(-1));
  }
  machine.run([format.RANGE, out, 5, machine.integers([7]), machine.integers([-3]), 0]);
  expect([...machine.readIntegers(out, 5)]).toEqual([7, 4, 1, -2, -5]);
  machine.run([format.RANGE, out, 4, machine.floats([0.5]), machine.floats([0.25]), 1]);
  expect([...machine.readFloats(out, 4)]).toEqual([0.5, 0.75, 1, 1.25]);
});

test('TRILU', () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 5],
    [5, 3],
    [4, 4],
  ] as const) {
    for (const k of [-9, -2, 0, 1, 9, 2 ** 31 - 1, -(2 ** 31)]) {
      for (const upper of [0, 1]) {
        machine.clear();
        const values = random.floats(2 * rows * columns);
        const out = machine.room(values.byteLength);
        machine.run([format.TRILU, out, machine.put(values), 2, rows, columns, k, upper]);
        const wanted = values.map((value, i) => {
          const distance = (i % columns) - (Math.floor(i / columns) % rows) - k;
          return (upper ? distance >= 0 : distance <= 0) ? value : 0;
        });
        expect(machine.readFloats(out, values.length)).toEqual(wanted);
      }
    }
  }
});

test('CUMULATIVE_SUM', () => {
  for (const [outer, size, inner] of [
    [1, 1, 1],
    [2, 5, 1],
    [1, 4, 3],
    [2, 3, 4],
  ] as const) {
    for (const flags of [0, 1, 2, 3, 4, 5, 6, 7]) {
      machine.clear();
      const [exclusive, reverse, floats] = [flags & 1, (flags >> 1) & 1, (flags >> 2) & 1];
      const values = Array.from({ length: outer * size * inner }, () => random.integer(-9, 9));
      const wanted = values.map((_, i) => {
        const n = Math.floor(i / inner) % size;
        let sum = 0;
        for (let m = 0; m < size; m++) {
          if (reverse ? m > n : m < n) sum += values[i + (m - n) * inner] ?? 0;
        }
        return exclusive ? sum : sum + (values[i] ?? 0);
      });
      const data = floats ? Float32Array.from(values) : Int32Array.from(values);
      const out = machine.room(data.byteLength, data);
      // In place as well.
      const from = flags % 3 ? machine.put(data) : out;
      machine.run([format.CUMULATIVE_SUM, out, from, outer, size, inner, exclusive, reverse, floats]);
      expect([...(floats ? machine.readFloats(out, values.length) : machine.readIntegers(out, values.length))]).toEqual(
        wanted,
      );
    }
  }
});

test('what is no command', () => {
  machine.clear();
  const out = machine.room(16);
  for (const command of [
    [format.LINEAR_I4 + 1],
    [-1],
    [format.UNARY, 99, out, out, 4],
    [format.UNARY, 31, out, out, 4],
    [format.BINARY, 13, out, out, out, 1, 4, 1, 1],
    [format.BINARY, 67, out, out, out, 1, 4, 1, 1],
    [format.BINARY, 45, out, out, out, 1, 4, 1, 1],
    [format.BINARY, -1, out, out, out, 1, 4, 1, 1],
    [format.REDUCE, 5, out, out, 1, 4, 1],
    [format.COPY, out, out, 7],
    [format.COPY, out, out, -1],
    [format.BINARY, format.ADD, out, out, out, 7],
    [format.SELECT, out, out, out, out, 7],
    [format.MATMUL, out, out, out, out, 1, 1, 1, 0, 1, 1, 7],
    [format.GREATEST_OF_ROW, out, out, 1, 0, 2],
  ] as const) {
    const [code, ...words] = command;
    expect(machine.run([code, ...words], [format.FILL, out, 4, 1]), `${command}`).toBe(ERROR_COMMAND);
    expect(machine.readIntegers(out, 1)[0]).toBe(-1);
  }
  // A length that leads nowhere.
  expect(machine.exports.run(machine.integers([format.FILL, 0, out, 4, 1, format.END]))).toBe(ERROR_COMMAND);
  expect(machine.run()).toBe(DONE);
  expect(machine.run([format.FILL, out, 4, 1], [format.UNARY, format.NEG_I, out, out, 4])).toBe(DONE);
  expect([...machine.readIntegers(out, 4)]).toEqual([-1, -1, -1, -1]);
});
