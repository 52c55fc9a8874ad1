// LINEAR_F32, bit for bit against sums that run over k in order: so a row is the same beside any others.

import { expect, test } from 'vitest';
import { DONE, GELU_TANH, LINEAR_F32, NONE } from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { expectClose, geluTanh } from './expected.ts';
import { floatRow, packFloats } from './linear.ts';
import { Machine } from './machine.ts';
import { createRandom } from './random.ts';

const SIZES = [0, 1, 2, 7, 8, 9, 17, 33, 64, 100];

test('every height of tile, odd depths and widths, rows apart', () => {
  const machine = new Machine(engine);
  const random = createRandom(1);
  for (let n = 0; n < 120; n++) {
    machine.clear();
    const [depth, columns] = [random.pick(SIZES), random.pick(SIZES)];
    const count = n < 20 ? n : random.pick(SIZES);
    const gap = n % 3;
    const strides = [columns + gap, depth + gap] as const;
    const values = random.floats(depth * columns);
    const bias = random.floats(columns);
    const x = random.floats(Math.max(0, count * strides[1] - gap));
    const out = machine.room(4 * Math.max(0, count * strides[0] - gap));
    const words = [machine.put(packFloats(values, bias, depth, columns)), count, columns, depth, ...strides];
    expect(machine.run([LINEAR_F32, out, machine.putAtEnd(x), ...words, n === 7 ? GELU_TANH : NONE])).toBe(DONE);
    for (let r = 0; r < count; r++) {
      const from = x.subarray(r * strides[1], r * strides[1] + depth);
      const wanted = floatRow(from, values, bias, columns);
      const actual = machine.readFloats(out + 4 * r * strides[0], columns);
      const what = `${count} × ${depth} × ${columns}, row ${r}`;
      if (n === 7) expectClose(actual, Array.from(wanted, geluTanh), { what });
      else expect(actual, what).toEqual(wanted);
      const between = machine.readBytes(out + 4 * (r * strides[0] + columns), r + 1 < count ? 4 * gap : 0);
      expect(between.every((byte) => byte === 255)).toBe(true);
    }
  }
});

test('what is not a number stays in its row', () => {
  const machine = new Machine(engine);
  const values = new Float32Array(9).fill(1);
  const out = machine.room(4 * 27);
  const weights = machine.put(packFloats(values, new Float32Array(9), 1, 9));
  machine.run([LINEAR_F32, out, machine.floats([1, NaN, Infinity]), weights, 3, 9, 1, 9, 1, NONE]);
  const rows = [1, NaN, Infinity].flatMap((value) => Array(9).fill(value));
  expect([...machine.readFloats(out, 27)]).toEqual(rows);
});
