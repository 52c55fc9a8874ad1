// UNARY against the functions of Math, at every kind of argument.

import { expect, test } from 'vitest';
import * as format from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { erf, expectClose, gelu, geluTanh, roundEven, sigmoid } from './expected.ts';
import { Machine } from './machine.ts';
import { createRandom } from './random.ts';

const { UNARY } = format;
const random = createRandom(1);
const SPECIAL = [0, -0, 1, -1, 0.5, 1.5, 2.5, -0.5, -2.5, 1e-20, -1e-20, 1e-41, 88, 89, -87.5, -104, 3e38, -3e38];
const ODD = [Infinity, -Infinity, NaN];
const values = Float32Array.from([
  ...SPECIAL,
  ...ODD,
  ...random.floats(1000),
  ...random.floats(1000).map((x) => x * 10),
  ...random.floats(500).map((x) => x / 1000),
]);

const FUNCTIONS: readonly [
  name: string,
  operation: number,
  judge: (x: number) => number,
  absolute: number,
  relative: number,
][] = [
  ['NONE', format.NONE, (x) => x, 0, 0],
  ['RELU', format.RELU, (x) => Math.max(x, 0), 0, 0],
  ['GELU_ERF', format.GELU_ERF, gelu, 2.5e-7, 2e-7],
  ['GELU_TANH', format.GELU_TANH, geluTanh, 2.5e-7, 1e-6],
  ['TANH', format.TANH, Math.tanh, 1e-44, 4e-7],
  ['SIGMOID', format.SIGMOID, sigmoid, 2e-38, 1e-6],
  ['SILU', format.SILU, (x) => x * sigmoid(x), 1e-36, 1e-6],
  ['ERF', format.ERF, erf, 1e-44, 4e-7],
  ['EXP', format.EXP, Math.exp, 3e-45, 3e-7],
  ['LOG', format.LOG, Math.log, 1e-7, 2e-7],
  ['SQRT', format.SQRT, Math.sqrt, 0, 1e-7],
  ['RECIPROCAL', format.RECIPROCAL, (x) => 1 / x, 0, 1e-7],
  ['NEG', format.NEG, (x) => -x, 0, 0],
  ['ABS', format.ABS, Math.abs, 0, 0],
  ['SIN', format.SIN, Math.sin, 1e-7, 1e-6],
  ['COS', format.COS, Math.cos, 1e-7, 1e-6],
  ['FLOOR', format.FLOOR, Math.floor, 0, 0],
  ['CEIL', format.CEIL, Math.ceil, 0, 0],
  ['ROUND', format.ROUND, roundEven, 0, 0],
  ['SIGN', format.SIGN, Math.sign, 0, 0],
];

/** What these make of infinity is not what the function's own formula does, but has to be defined. */
const INFINITE: Readonly<Record<string, readonly [number, number]>> = {
  GELU_ERF: [Infinity, 0],
  GELU_TANH: [Infinity, NaN],
  SILU: [Infinity, NaN],
};

for (const [name, operation, judge, absolute, relative] of FUNCTIONS) {
  test(name, () => {
    const machine = new Machine(engine);
    const out = machine.room(values.byteLength);
    expect(machine.run([UNARY, operation, out, machine.put(values), values.length])).toBe(format.DONE);
    const actual = machine.readFloats(out, values.length);
    for (const [i, x] of values.entries()) {
      const wanted = judge(x);
      if (name in INFINITE && Math.abs(x) > 3e37) continue;
      expectClose(actual.subarray(i, i + 1), [wanted], { absolute, relative, what: `${name}(${x})` });
    }
  });
}

test('large arguments of functions whose formula has infinity less infinity', () => {
  for (const [name, [above, below]] of Object.entries(INFINITE)) {
    const operation = FUNCTIONS.find(([it]) => it === name)?.[1] ?? -1;
    const machine = new Machine(engine);
    const out = machine.room(24);
    machine.run([UNARY, operation, out, machine.floats([Infinity, NaN, 3e38, -3e38, -1e38, -Infinity]), 6]);
    const [first, second, large, ...others] = machine.readFloats(out, 6);
    expect([first, second, large], name).toEqual([above, NaN, Math.fround(3e38)]);
    expectClose(Float32Array.from(others), [0, 0, below], { absolute: 2e-7, what: name });
  }
});

test('to and on integers', () => {
  const machine = new Machine(engine);
  const floats = [0, -0, 1.9, -1.9, 3e9, -3e9, Infinity, -Infinity, NaN, 1e-30, 7];
  const integers = [0, 1, -1, 5, -(2 ** 31), 2 ** 31 - 1, 16777217];
  const out = machine.room(4 * 11);
  const x = machine.floats(floats);
  const n = machine.integers(integers);
  const ofFloats = (operation: number) => {
    machine.run([UNARY, operation, out, x, 11]);
    return [...machine.readIntegers(out, 11)];
  };
  const ofIntegers = (operation: number) => {
    machine.run([UNARY, operation, out, n, 7]);
    return [...machine.readIntegers(out, 7)];
  };
  expect(ofFloats(format.FLOAT_TO_INT)).toEqual([
    0,
    0,
    1,
    -1,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31 - 1,
    -(2 ** 31),
    0,
    0,
    7,
  ]);
  expect(ofFloats(format.FLOAT_TO_BOOL)).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(ofIntegers(format.NEG_I)).toEqual([0, -1, 1, -5, -(2 ** 31), -(2 ** 31) + 1, -16777217]);
  expect(ofIntegers(format.ABS_I)).toEqual([0, 1, 1, 5, -(2 ** 31), 2 ** 31 - 1, 16777217]);
  expect(ofIntegers(format.NOT)).toEqual([1, 0, 0, 0, 0, 0, 0]);
  expect(ofIntegers(format.INT_TO_BOOL)).toEqual([0, 1, 1, 1, 1, 1, 1]);
  machine.run([UNARY, format.INT_TO_FLOAT, out, n, 7]);
  expect([...machine.readFloats(out, 7)]).toEqual(integers.map(Math.fround));
});

test('an element does not depend on where it lies, nor do its neighbours on its end', () => {
  const machine = new Machine(engine);
  for (const [name, operation] of FUNCTIONS) {
    for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 9, 17]) {
      machine.clear();
      const part = random.floats(count);
      const x = machine.putAtEnd(part);
      const out = machine.room(4 * count);
      machine.run([UNARY, operation, out, x, count]);
      const together = machine.readFloats(out, count);
      for (let i = 0; i < count; i++) {
        machine.run([UNARY, operation, out, x + 4 * i, 1]);
        expect(machine.readFloats(out, 1)[0], `${name}, ${i} of ${count}`).toBe(together[i]);
      }
    }
  }
});
