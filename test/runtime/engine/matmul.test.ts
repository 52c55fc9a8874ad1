// MATMUL, bit for bit against sums in order: the way that b is read changes nothing.

import { expect, test } from 'vitest';
import { DONE, MATMUL } from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { Machine } from './machine.ts';
import { plus } from './multiply-add.ts';
import { createRandom } from './random.ts';

const SIZES = [1, 2, 3, 7, 8, 9, 13, 16, 17, 33, 40];

test('shapes, strides and batches', () => {
  const machine = new Machine(engine);
  const random = createRandom(1);
  for (let n = 0; n < 200; n++) {
    machine.clear();
    const [rows, columns, inner] = [random.pick(SIZES), random.pick(SIZES), n === 5 ? 0 : random.pick(SIZES)];
    const turned = n % 2;
    const strideA = inner + (n % 3);
    const strideB = (turned ? inner : columns) + (n % 4);
    const sizes = Array.from({ length: n % 5 }, () => random.integer(1, 3));
    const [aMatrix, bMatrix] = [rows * strideA, (turned ? columns : inner) * strideB];
    let [aLength, bLength] = [aMatrix, bMatrix];
    const batch = sizes.map((size) => {
      const strides = [random.pick([0, aLength]), random.pick([0, bLength])] as const;
      if (strides[0]) aLength *= size;
      if (strides[1]) bLength *= size;
      return [size, ...strides] as const;
    });
    // The last row of the last matrix has nothing behind it.
    const a = random.floats(Math.max(0, aLength - (strideA - inner)));
    const b = random.floats(Math.max(0, bLength - (strideB - (turned ? inner : columns))));
    const wanted: number[] = [];
    const total = sizes.reduce((x, y) => x * y, 1);
    for (let i = 0; i < total; i++) {
      let [rest, aAt, bAt] = [i, 0, 0];
      for (const [size, aStride, bStride] of [...batch].reverse()) {
        aAt += (rest % size) * aStride;
        bAt += (rest % size) * bStride;
        rest = Math.floor(rest / size);
      }
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          let sum = 0;
          for (let k = 0; k < inner; k++) {
            const y = b[bAt + (turned ? c * strideB + k : k * strideB + c)] ?? 0;
            sum = plus(sum, a[aAt + r * strideA + k] ?? 0, y);
          }
          wanted.push(sum);
        }
      }
    }
    const out = machine.room(4 * wanted.length);
    const scratch = machine.room(4 * inner * Math.ceil(columns / 8) * 8);
    const words = [scratch, rows, columns, inner, turned, strideA, strideB, sizes.length, ...batch.flat()];
    expect(machine.run([MATMUL, out, machine.put(a), machine.putAtEnd(b), ...words])).toBe(DONE);
    const what = JSON.stringify({ rows, columns, inner, turned, batch });
    expect(machine.readFloats(out, wanted.length), what).toEqual(Float32Array.from(wanted));
  }
});
