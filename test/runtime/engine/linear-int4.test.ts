// LINEAR_I4: bit for bit what LINEAR_I8 gives of the bytes that its weights stand for, in every mode, and nothing outside of its scratch.

import { beforeAll, describe, expect, test } from 'vitest';
import {
  DONE,
  DOT_PAIRS,
  DOT_PLAIN,
  DOT_SEVEN_BITS,
  DOT_SIGNED,
  DOT_UNSIGNED,
  GELU_ERF,
  I4_BLOCK,
  LINEAR_I4,
  LINEAR_I8,
  NONE,
  PANEL,
  WIDENED,
} from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { WEIGHTS_I8 } from '../../../shared/runtime/engine/program.ts';
import { panelBytes } from '../../../shared/runtime/engine/weight-bytes.ts';
import { emulate } from './emulate.ts';
import { byteRow, type Int4Weights, packBytes, packInt4, quantize, scratchBytes, widened } from './linear.ts';
import { Machine } from './machine.ts';
import { createRandom, type Random } from './random.ts';

const MODES = { DOT_UNSIGNED, DOT_PAIRS, DOT_SIGNED, DOT_SEVEN_BITS, DOT_PLAIN };
const DEPTHS = [1, 7, 8, 9, 24, 31, 32, 33, 40, 64, 72, 100];
const WIDTHS = [1, 4, 5, 8, 9, 16, 40, 64, 65, 130];

/** Bytes of neighbours that add up to no more than 128, as the compiler leaves them. */
function weightsOf(random: Random, depth: number, columns: number): Int4Weights {
  const blocks = Math.ceil(depth / I4_BLOCK);
  const factors = Uint8Array.from({ length: blocks * columns }, () => random.integer(1, 8));
  const zeros = Uint8Array.from(factors, () => random.integer(0, 15));
  const elements = new Uint8Array(depth * columns);
  for (let k = 0; k < depth; k++) {
    for (let n = 0; n < columns; n++) {
      const of = Math.floor(k / I4_BLOCK) * columns + n;
      const reach = Math.floor(64 / (factors[of] ?? 1));
      const zero = zeros[of] ?? 0;
      elements[k * columns + n] = random.integer(Math.max(0, zero - reach), Math.min(15, zero + reach));
    }
  }
  return {
    elements,
    factors,
    zeros,
    scales: random.floats(columns).map((x) => Math.abs(x) / 100 + 1e-4),
    bias: random.floats(columns),
    depth,
    columns,
  };
}

interface Case {
  readonly rows: readonly Float32Array[];
  readonly weights: Int4Weights;
  readonly activation?: number;
}

function run(machine: Machine, mode: number, code: number, { rows, weights, activation = NONE }: Case): Float32Array[] {
  machine.clear();
  const { depth, columns } = weights;
  const x = new Float32Array(rows.length * depth);
  for (const [r, row] of rows.entries()) x.set(row, r * depth);
  const isInt4 = code === LINEAR_I4;
  const out = machine.room(4 * rows.length * columns);
  const panels = Math.min(WIDENED, Math.ceil(columns / PANEL));
  const rowBytes = scratchBytes(rows.length, depth, mode);
  const scratch = machine.room(
    isInt4 ? Math.ceil(rowBytes / 16) * 16 + panels * panelBytes(depth, WEIGHTS_I8) : rowBytes,
  );
  const behind = machine.room(64);
  const image = machine.put(isInt4 ? packInt4(weights) : packBytes(widened(weights)));
  const from = machine.putAtEnd(x);
  const words = [out, from, image, rows.length, columns, depth, columns, depth, activation, scratch];
  expect(machine.run([code, ...words])).toBe(DONE);
  expect(machine.readBytes(behind, 64).every((byte) => byte === 255)).toBe(true);
  return rows.map((_, r) => machine.readFloats(out + 4 * r * columns, columns));
}

function expectSame(machine: Machine, mode: number, it: Case): void {
  const what = `${it.rows.length} × ${it.weights.depth} × ${it.weights.columns}, mode ${mode}`;
  expect(run(machine, mode, LINEAR_I4, it), what).toEqual(run(machine, mode, LINEAR_I8, it));
}

for (const [name, mode] of Object.entries(MODES)) {
  describe(name, () => {
    let machine: Machine;
    beforeAll(() => {
      machine = emulate(mode, mode);
    });

    test('its twin, at every height of tile, odd depths and widths', () => {
      const random = createRandom(mode + 100);
      for (let n = 0; n < 60; n++) {
        const [depth, columns] = [DEPTHS[n % DEPTHS.length] ?? 1, random.pick(WIDTHS)];
        const rows = Array.from({ length: n < 14 ? n : random.integer(1, 20) }, () => random.floats(depth));
        const it = { rows, weights: weightsOf(random, depth, columns) };
        const actual = run(machine, mode, LINEAR_I4, it);
        for (const [r, row] of rows.entries()) {
          expect(actual[r], `${rows.length} × ${depth} × ${columns}, row ${r}`).toEqual(
            byteRow(quantize(row, mode), widened(it.weights)),
          );
        }
      }
    });

    test('what the same weights give as bytes, over all groups of panels, with an activation', () => {
      const random = createRandom(mode + 110);
      // Panels of 0.6, 5 and 9 kB: eight, four and two of them are widened at once.
      for (const [depth, columns] of [
        [64, 200],
        [600, 100],
        [1100, 70],
      ] as const) {
        const rows = Array.from({ length: 7 }, () => random.floats(depth));
        expectSame(machine, mode, { rows, weights: weightsOf(random, depth, columns), activation: GELU_ERF });
      }
    });

    test('a few rows, which are not widened, as they are among others', () => {
      const random = createRandom(mode + 115);
      for (const depth of [...DEPTHS, 600, 1100]) {
        for (const columns of [1, 5, 8, 9, 130]) {
          const weights = weightsOf(random, depth, columns);
          const rows = Array.from({ length: 6 }, () => random.floats(depth));
          const together = run(machine, mode, LINEAR_I4, { rows, weights, activation: GELU_ERF });
          for (let count = 1; count < rows.length; count++) {
            const few = { rows: rows.slice(-count), weights };
            const what = `${count} × ${depth} × ${columns}`;
            const apart = run(machine, mode, LINEAR_I4, { ...few, activation: GELU_ERF });
            expect(apart, what).toEqual(together.slice(-count));
            expect(run(machine, mode, LINEAR_I4, few), what).toEqual(
              few.rows.map((row) => byteRow(quantize(row, mode), widened(weights))),
            );
          }
        }
      }
    });

    test('nothing at all', () => {
      const random = createRandom(mode + 120);
      expect(run(machine, mode, LINEAR_I4, { rows: [], weights: weightsOf(random, 8, 8) })).toEqual([]);
      const weights = weightsOf(random, 0, 9);
      const empty = [new Float32Array(0), new Float32Array(0)];
      expect(run(machine, mode, LINEAR_I4, { rows: empty, weights })).toEqual([weights.bias, weights.bias]);
    });
  });
}

test.each(Object.entries(MODES))(
  'what a hostile file may say, factors of 15 and elements far from their zero points, traps in no mode: %s',
  (_, mode) => {
    const machine = emulate(mode, mode);
    const random = createRandom(130);
    const extreme = weightsOf(random, 40, 9);
    extreme.factors.fill(15);
    extreme.zeros.fill(15);
    extreme.elements.fill(0);
    // 15 × (0 - 15) is -225, whose byte is 31.
    expect(widened(extreme).values[0]).toBe(31);
    for (const count of [1, 2, 7]) {
      const rows = Array.from({ length: count }, () => random.floats(40));
      expect(run(machine, mode, LINEAR_I4, { rows, weights: extreme })).toHaveLength(count);
    }
    expectSame(emulate(DOT_PLAIN, DOT_PLAIN), DOT_PLAIN, { rows: [random.floats(40)], weights: extreme });
  },
);

test('this machine, in the modes that it can', () => {
  const machine = new Machine(engine);
  const found = machine.exports.probe();
  const random = createRandom(140);
  for (const mode of new Set([found, DOT_SEVEN_BITS, DOT_PLAIN])) {
    machine.exports.setMode(mode);
    for (const depth of DEPTHS) {
      const rows = Array.from({ length: random.integer(1, 9) }, () => random.floats(depth));
      expectSame(machine, mode, { rows, weights: weightsOf(random, depth, random.pick(WIDTHS)) });
    }
  }
});
