// COPY, BINARY and SELECT over random shapes and strides, and what BINARY does to numbers.

import { expect, test } from 'vitest';
import * as format from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { expectClose } from './expected.ts';
import { Machine } from './machine.ts';
import { createRandom } from './random.ts';
import { stridedOf, walk } from './strided.ts';

const { BINARY, COPY, INTEGERS, SELECT } = format;
const machine = new Machine(engine);

test('COPY', () => {
  const random = createRandom(1);
  for (let n = 0; n < 400; n++) {
    machine.clear();
    const shape = stridedOf(random, 1 + (n % 6), 2, false);
    const repeats = stridedOf(random, 1 + (n % 6), 1, true);
    // Out has each place once, in has not.
    const it =
      n % 2
        ? shape
        : {
            ...shape,
            sizes: repeats.sizes,
            strides: [...dense(repeats.sizes), ...repeats.strides],
            starts: [0, ...repeats.starts],
            lengths: [count(repeats.sizes), ...repeats.lengths],
          };
    const [outLength = 0, inLength = 0] = it.lengths;
    const [outStart = 0, inStart = 0] = it.starts;
    const [outStrides = [], inStrides = []] = it.strides;
    const values = Float32Array.from({ length: inLength }, (_, i) => i + 1);
    const wanted = new Uint32Array(outLength).fill(0xffffffff);
    const asFloats = new Float32Array(wanted.buffer);
    walk(it, ([to = 0, from = 0]) => {
      asFloats[to] = values[from] ?? 0;
    });
    const out = machine.room(4 * outLength);
    const x = machine.putAtEnd(values);
    const words = [it.sizes.length, ...it.sizes, ...outStrides, ...inStrides];
    expect(machine.run([COPY, out + 4 * outStart, x + 4 * inStart, ...words])).toBe(format.DONE);
    expect(machine.readBytes(out, 4 * outLength), JSON.stringify(it)).toEqual(new Uint8Array(wanted.buffer));
  }
});

const count = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
const dense = (sizes: readonly number[]) => [sizes.map((_, d) => count(sizes.slice(d + 1)))];

const remainder = (x: number, y: number) => x - Math.floor(x / y) * y;
const FLOATS: Readonly<Record<number, (x: number, y: number) => number>> = {
  [format.ADD]: (x, y) => x + y,
  [format.SUB]: (x, y) => x - y,
  [format.MUL]: (x, y) => x * y,
  [format.DIV]: (x, y) => x / y,
  [format.MIN]: Math.min,
  [format.MAX]: Math.max,
  [format.POW]: (x, y) => x ** y,
};
const COMPARISONS: Readonly<Record<number, (x: number, y: number) => boolean>> = {
  [format.EQUAL]: (x, y) => x === y,
  [format.LESS]: (x, y) => x < y,
  [format.LESS_OR_EQUAL]: (x, y) => x <= y,
  [format.GREATER]: (x, y) => x > y,
  [format.GREATER_OR_EQUAL]: (x, y) => x >= y,
};
const whole = (x: number) => Number(BigInt.asIntN(32, BigInt(Number.isFinite(x) ? Math.trunc(x) : 0)));
const ON_INTEGERS: Readonly<Record<number, (x: number, y: number) => number>> = {
  [format.ADD]: (x, y) => (x + y) | 0,
  [format.SUB]: (x, y) => (x - y) | 0,
  [format.MUL]: Math.imul,
  [format.DIV]: (x, y) => (y === 0 ? 0 : whole(x / y)),
  [format.MIN]: Math.min,
  [format.MAX]: Math.max,
  [format.MOD]: (x, y) => (y === 0 ? 0 : remainder(x, y)),
};

test('BINARY over shapes', () => {
  const random = createRandom(2);
  for (let n = 0; n < 500; n++) {
    machine.clear();
    const it = stridedOf(random, 1 + (n % 6), 2, true);
    const total = count(it.sizes);
    const integers = n % 3 === 2;
    const operation = Number(
      random.pick(Object.keys(integers ? ON_INTEGERS : FLOATS).concat(Object.keys(COMPARISONS))),
    );
    const values = it.lengths.map((length) =>
      integers
        ? Int32Array.from({ length }, () =>
            random.pick([random.integer(-9, 9), random.integer(-(2 ** 31), 2 ** 31 - 1)]),
          )
        : random.floats(length).map((x) => (operation === format.POW ? Math.abs(x) : x)),
    );
    const wanted: number[] = [];
    walk(it, (places) => {
      const [x = 0, y = 0] = values.map((tensor, t) => tensor[places[t] ?? 0] ?? 0);
      const judge = COMPARISONS[operation] ?? (integers ? ON_INTEGERS : FLOATS)[operation];
      wanted.push(Number(judge?.(x, y)));
    });
    const out = machine.room(4 * total);
    const [a = new Float32Array(), b = new Float32Array()] = values;
    const [aStrides = [], bStrides = []] = it.strides;
    const [aStart = 0, bStart = 0] = it.starts;
    const tensors = [machine.put(a) + 4 * aStart, machine.putAtEnd(b) + 4 * bStart];
    const words = [it.sizes.length, ...it.sizes, ...aStrides, ...bStrides];
    expect(machine.run([BINARY, operation + (integers ? INTEGERS : 0), out, ...tensors, ...words])).toBe(format.DONE);
    const what = JSON.stringify({ operation, integers, ...it });
    if (integers || operation in COMPARISONS) expect([...machine.readIntegers(out, total)], what).toEqual(wanted);
    else expectClose(machine.readFloats(out, total), wanted, { absolute: 0, relative: 4e-7, what });
  }
});

/** One row of results. */
function rowOf(operation: number, a: ArrayBufferView & ArrayLike<number>, b: ArrayBufferView): number {
  machine.clear();
  const out = machine.room(4 * a.length);
  machine.run([BINARY, operation, out, machine.put(a), machine.put(b), 1, a.length, 1, 1]);
  return out;
}

test('BINARY on what is not a number, remainders, powers, and integers that would trap', () => {
  const ofFloats = (operation: number, a: number[], b: number[]) => [
    ...machine.readFloats(rowOf(operation, Float32Array.from(a), Float32Array.from(b)), a.length),
  ];
  const ofIntegers = (operation: number, a: number[], b: number[]) => [
    ...machine.readIntegers(rowOf(operation, Int32Array.from(a), Int32Array.from(b)), a.length),
  ];
  const LOWEST = -(2 ** 31);
  // As vectors, and as single elements behind them.
  expect(ofFloats(format.MAX, [NaN, 1, 1, Infinity, NaN], [1, NaN, 2, 1, 1])).toEqual([NaN, NaN, 2, Infinity, NaN]);
  expect(ofFloats(format.MIN, [NaN, 1, 1, -Infinity, 1], [1, NaN, 2, 1, NaN])).toEqual([NaN, NaN, 1, -Infinity, NaN]);
  expect(ofFloats(format.DIV, [1, -1, 0, 1, 1], [0, 0, 0, Infinity, 0])).toEqual([
    Infinity,
    -Infinity,
    NaN,
    0,
    Infinity,
  ]);
  expect(ofFloats(format.MOD, [7, -7, 7, -7, 6, 1.5, 1], [3, 3, -3, -3, 3, 1, 0])).toEqual([1, 2, -2, -1, 0, 0.5, NaN]);
  expect(ofFloats(format.POW, [-3, 2, -2, 2, 0, 9], [2, 3, 3, -1, 0, 0.5])).toEqual([9, 8, -8, 0.5, 1, 3]);
  expect(ofIntegers(INTEGERS + format.DIV, [7, -7, 5, LOWEST, 0], [2, 2, 0, -1, 3])).toEqual([3, -3, 0, LOWEST, 0]);
  expect(ofIntegers(INTEGERS + format.MOD, [7, -7, 7, -7, 5, LOWEST], [3, 3, -3, -3, 0, -1])).toEqual([
    1, 2, -2, -1, 0, 0,
  ]);
  expect(ofIntegers(INTEGERS + format.POW, [3, -2, 2, 1, -1, -1, 0, 3], [4, 3, -1, -5, -3, -4, 0, 31])).toEqual([
    81,
    -8,
    0,
    1,
    -1,
    1,
    1,
    Number(BigInt.asIntN(32, 3n ** 31n)),
  ]);
  expect(ofIntegers(format.AND, [0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0, 0, 0, 1]);
  expect(ofIntegers(format.OR, [0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0, 1, 1, 1]);
  expect(ofIntegers(format.XOR, [0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0, 1, 1, 0]);
  const nans = Float32Array.of(NaN, 1, NaN);
  for (const operation of Object.keys(COMPARISONS)) {
    const out = rowOf(Number(operation), nans, Float32Array.of(NaN, NaN, 1));
    expect([...machine.readIntegers(out, 3)], operation).toEqual([0, 0, 0]);
  }
});

test('SELECT', () => {
  const random = createRandom(3);
  for (let n = 0; n < 300; n++) {
    machine.clear();
    const it = stridedOf(random, 1 + (n % 6), 3, true);
    const [c = 0, a = 0, b = 0] = it.lengths;
    const condition = Int32Array.from({ length: c }, () => random.pick([0, 0, 1, 2, 256, -1]));
    const values = [random.floats(a), random.floats(b)] as const;
    const wanted: number[] = [];
    walk(it, ([c = 0, a = 0, b = 0]) => wanted.push((condition[c] ? values[0][a] : values[1][b]) ?? 0));
    const out = machine.room(4 * wanted.length);
    const at = [machine.put(condition), machine.put(values[0]), machine.putAtEnd(values[1])];
    const tensors = at.map((address, t) => address + 4 * (it.starts[t] ?? 0));
    machine.run([SELECT, out, ...tensors, it.sizes.length, ...it.sizes, ...it.strides.flat()]);
    expect([...machine.readFloats(out, wanted.length)], JSON.stringify(it)).toEqual(wanted);
  }
});

test('no element at all', () => {
  machine.clear();
  const out = machine.room(0);
  const x = machine.floats([1]);
  expect(machine.run([COPY, out, x, 3, 2, 0, 3, 0, 3, 1, 0, 3, 1])).toBe(format.DONE);
  expect(machine.run([BINARY, format.ADD, out, x, x, 2, 0, 4, 4, 1, 4, 1])).toBe(format.DONE);
  expect(machine.run([SELECT, out, x, x, x, 1, 0, 1, 1, 1])).toBe(format.DONE);
});
