// LINEAR_I8, bit for bit against its twin. The module has an emulated dot product, so that every mode runs on the machine that it is for,
// whatever machine this is; the module with the real one runs in the mode that it finds, and in those that any machine can.

import { beforeAll, describe, expect, test } from 'vitest';
import {
  DONE,
  DOT_PAIRS,
  DOT_PLAIN,
  DOT_SEVEN_BITS,
  DOT_SIGNED,
  DOT_UNSIGNED,
  GELU_ERF,
  LINEAR_I8,
  NONE,
  RELU,
} from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { modeFor } from '../../../shared/runtime/engine/modes.ts';
import { emulate } from './emulate.ts';
import { expectClose, gelu } from './expected.ts';
import { type ByteWeights, byteRow, packBytes, quantize, scratchBytes } from './linear.ts';
import { Machine } from './machine.ts';
import { createRandom, type Random } from './random.ts';

const MODES = { DOT_UNSIGNED, DOT_PAIRS, DOT_SIGNED, DOT_SEVEN_BITS, DOT_PLAIN };
const SIZES = [1, 2, 7, 8, 9, 16, 17, 33, 40, 100];
/** The most that neighbours may be. */
const EXTREMES = [
  [-128, 0],
  [0, -128],
  [-64, -64],
  [64, 64],
  [127, 1],
  [127, -128],
  [-128, 127],
] as const;

/** Two weights side by side, that add up to no more than 128. */
function pairOf(random: Random, extreme: boolean): readonly [number, number] {
  if (extreme) return random.pick(EXTREMES);
  const first = random.integer(-128, 127);
  return [first, random.integer(Math.max(-128, -128 - first), Math.min(127, 128 - first))];
}

function weightsOf(random: Random, depth: number, columns: number, extreme = false): ByteWeights {
  const values = new Int8Array(depth * columns);
  for (let n = 0; n < columns; n++) {
    for (let k = 0; k < depth; k += 2) {
      const [first, second] = pairOf(random, extreme);
      values[k * columns + n] = first;
      if (k + 1 < depth) values[(k + 1) * columns + n] = second;
    }
  }
  return {
    values,
    scales: random.floats(columns).map((x) => Math.abs(x) / 100 + 1e-4),
    bias: random.floats(columns),
    depth,
    columns,
  };
}

interface Case {
  readonly rows: readonly Float32Array[];
  readonly weights: ByteWeights;
  readonly activation?: number;
  /** Elements between the ends of rows and the beginnings of the next. */
  readonly gap?: number;
}

function run(machine: Machine, mode: number, { rows, weights, activation = NONE, gap = 0 }: Case): Float32Array[] {
  machine.clear();
  const { depth, columns } = weights;
  const strides = [columns + gap, depth + gap] as const;
  const x = new Float32Array(Math.max(0, rows.length * strides[1] - gap));
  for (const [r, row] of rows.entries()) x.set(row, r * strides[1]);
  const out = machine.room(4 * Math.max(0, rows.length * strides[0] - gap));
  const scratch = machine.room(scratchBytes(rows.length, depth, mode));
  const image = machine.put(packBytes(weights));
  const from = machine.putAtEnd(x);
  const words = [out, from, image, rows.length, columns, depth, ...strides, activation, scratch];
  expect(machine.run([LINEAR_I8, ...words])).toBe(DONE);
  for (let r = 0; r + 1 < rows.length && gap > 0; r++) {
    const between = machine.readBytes(out + 4 * (r * strides[0] + columns), 4 * gap);
    expect(
      between.every((byte) => byte === 255),
      'between rows of out',
    ).toBe(true);
  }
  return rows.map((_, r) => machine.readFloats(out + 4 * r * strides[0], columns));
}

function expectTwin(actual: readonly Float32Array[], mode: number, { rows, weights }: Case, what: string): void {
  for (const [r, row] of rows.entries()) {
    expect(actual[r], `${what}, row ${r}`).toEqual(byteRow(quantize(row, mode), weights));
  }
}

for (const [name, mode] of Object.entries(MODES)) {
  describe(name, () => {
    let machine: Machine;
    beforeAll(() => {
      machine = emulate(mode, mode);
    });

    test('every height of tile, odd depths and widths, rows apart', () => {
      const random = createRandom(mode + 10);
      for (let n = 0; n < 60; n++) {
        const [depth, columns] = [random.pick(SIZES), random.pick(SIZES)];
        const count = n < 14 ? n : random.pick(SIZES.slice(0, 8));
        const rows = Array.from({ length: count }, () => random.floats(depth));
        const it = { rows, weights: weightsOf(random, depth, columns, n % 5 === 0), gap: n % 3 };
        expectTwin(run(machine, mode, it), mode, it, `${count} × ${depth} × ${columns}`);
      }
    });

    test('no sum leaves 32 bits, whatever the depth', () => {
      const random = createRandom(mode + 20);
      for (const depth of [384, 3072, 4096, 5000, 65_536, 70_000]) {
        const flat = new Float32Array(depth).fill(1);
        flat[0] = 0;
        const values = new Int8Array(depth * 9).fill(-64);
        const weights = { ...weightsOf(random, depth, 9), values };
        const it = { rows: [flat, random.floats(depth)], weights };
        expectTwin(run(machine, mode, it), mode, it, `depth ${depth}`);
      }
    });

    test('rows that are all the same, of no width, huge, tiny, or no numbers', () => {
      const random = createRandom(mode + 30);
      const weights = weightsOf(random, 19, 11);
      const row = (value: number, first = value) => new Float32Array(19).fill(value).fill(first, 0, 1);
      const rows = [
        row(0),
        row(-3.25),
        row(1e-38, 2e-38),
        row(1e30, -1e30),
        row(3e38, -3e38),
        row(1, Infinity),
        row(1, -Infinity),
        row(1, NaN),
        row(NaN, 1),
        random.floats(19),
      ];
      const results = run(machine, mode, { rows, weights });
      expectTwin(results, mode, { rows, weights }, 'row');
      const areNumbers = results.map((result) => result.every((value) => !Number.isNaN(value)));
      expect(areNumbers).toEqual([true, true, true, true, false, false, false, false, false, true]);
      // Wherever it stands: in a whole vector, at its beginning or inside, or behind the last one.
      const wide = weightsOf(random, 43, 11);
      for (let place = 0; place < 43; place++) {
        for (const value of [NaN, Infinity, -Infinity]) {
          const odd = random.floats(43).fill(value, place, place + 1);
          const [first, second] = run(machine, mode, { rows: [odd, random.floats(43)], weights: wide });
          expect(first?.every(Number.isNaN), `${value} at ${place}`).toBe(true);
          expect(second?.some(Number.isNaN)).toBe(false);
        }
      }
    });

    test('nothing at all', () => {
      const random = createRandom(mode + 40);
      expect(run(machine, mode, { rows: [], weights: weightsOf(random, 8, 8) })).toEqual([]);
      expect(run(machine, mode, { rows: [new Float32Array(8)], weights: weightsOf(random, 8, 0) })[0]?.length).toBe(0);
      const weights = weightsOf(random, 0, 9);
      const empty = Array.from({ length: 6 }, () => new Float32Array(0));
      expect(run(machine, mode, { rows: empty, weights })).toEqual(empty.map(() => weights.bias));
    });

    test('the activation, over groups of panels', () => {
      const random = createRandom(mode + 50);
      for (const columns of [1, 8, 63, 64, 65, 200]) {
        const rows = Array.from({ length: 7 }, () => random.floats(16));
        const weights = weightsOf(random, 16, columns);
        const plain = run(machine, mode, { rows, weights, gap: 1 });
        const relu = run(machine, mode, { rows, weights, gap: 1, activation: RELU });
        const smooth = run(machine, mode, { rows, weights, gap: 1, activation: GELU_ERF });
        for (const [r, row] of plain.entries()) {
          expect(relu[r]).toEqual(row.map((x) => Math.max(x, 0)));
          expectClose(smooth[r] ?? row, Array.from(row, gelu), { absolute: 3e-7, relative: 3e-7 });
        }
      }
    });

    test('near the product of floats', () => {
      const random = createRandom(mode + 60);
      const weights = weightsOf(random, 384, 24);
      const row = random.floats(384);
      const exact = Array.from({ length: 24 }, (_, n) => {
        const sum = row.reduce((sum, x, k) => sum + x * (weights.values[k * 24 + n] ?? 0), 0);
        return sum * (weights.scales[n] ?? 0) + (weights.bias[n] ?? 0);
      });
      const [actual] = run(machine, mode, { rows: [row], weights });
      const error = Math.hypot(...exact.map((value, n) => value - (actual?.[n] ?? 0))) / Math.hypot(...exact);
      expect(error).toBeLessThan({ [DOT_PLAIN]: 1e-3, [DOT_SEVEN_BITS]: 2e-2 }[mode] ?? 1e-2);
    });
  });
}

test('a mode that is not the machine’s is seen: the twins can fail', () => {
  const random = createRandom(70);
  const it = { rows: [random.floats(64)], weights: weightsOf(random, 64, 8, true) };
  const equals = (kind: number, mode: number) => {
    const expected = byteRow(quantize(it.rows[0] ?? new Float32Array(), mode), it.weights);
    return run(emulate(kind, mode), mode, it)[0]?.every((value, n) => value === expected[n]);
  };
  const kinds = [DOT_UNSIGNED, DOT_PAIRS, DOT_SIGNED, DOT_SEVEN_BITS];
  const table = kinds.map((kind) => [...kinds, DOT_PLAIN].map((mode) => equals(kind, mode)));
  expect(table).toEqual([
    // Seven bits and plain are right everywhere.
    [true, true, false, true, true],
    [true, true, false, true, true],
    [false, false, true, true, true],
    [false, false, false, true, true],
  ]);
});

test('results have the same bits on all machines but one that has seven', () => {
  const random = createRandom(71);
  for (const depth of [1, 9, 64, 1536]) {
    const it = { rows: [random.floats(depth), random.floats(depth)], weights: weightsOf(random, depth, 24, true) };
    const [unsigned, ...others] = [DOT_UNSIGNED, DOT_PAIRS, DOT_SIGNED].map((mode) =>
      run(emulate(mode, mode), mode, it),
    );
    for (const other of others) expect(other).toEqual(unsigned);
  }
});

test('weights of earlier compilers, whose pairs add up to more, are right in seven bits alone where pairs saturate', () => {
  const row = new Float32Array(16).fill(1, 0, 2);
  const weights = weightsOf(createRandom(75), 16, 8);
  const equals = (machine: number, mode: number, weight: number) => {
    const it = { rows: [row], weights: { ...weights, values: new Int8Array(128).fill(weight) } };
    const expected = byteRow(quantize(row, mode), it.weights);
    return run(emulate(machine, mode), mode, it)[0]?.every((value, n) => value === expected[n]);
  };
  for (const weight of [127, -128]) {
    expect(equals(DOT_PAIRS, DOT_PAIRS, weight)).toBe(false);
    expect(equals(DOT_PAIRS, modeFor(DOT_PAIRS, false), weight)).toBe(true);
    expect(equals(DOT_UNSIGNED, modeFor(DOT_UNSIGNED, false), weight)).toBe(true);
  }
});

test('the probe tells machines apart', () => {
  for (const kind of [DOT_UNSIGNED, DOT_PAIRS, DOT_SIGNED, DOT_SEVEN_BITS]) {
    expect(emulate(kind, DOT_PLAIN).exports.probe()).toBe(kind);
  }
});

test('this machine, in the modes that it can', () => {
  const machine = new Machine(engine);
  const found = machine.exports.probe();
  const random = createRandom(80);
  for (const mode of new Set([found, DOT_SEVEN_BITS, DOT_PLAIN])) {
    machine.exports.setMode(mode);
    for (let n = 0; n < 40; n++) {
      const [depth, columns, count] = [random.pick(SIZES), random.pick(SIZES), random.pick(SIZES)];
      const rows = Array.from({ length: count }, () => random.floats(depth));
      const it = { rows, weights: weightsOf(random, depth, columns, n % 4 === 0) };
      expectTwin(run(machine, mode, it), mode, it, `mode ${mode}, ${count} × ${depth} × ${columns}`);
    }
  }
});
