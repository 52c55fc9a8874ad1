// ATTENTION_I8, bit for bit against its twin in the modes of all machines, and near to 64 bits.

import { describe, expect, test } from 'vitest';
import {
  DOT_PAIRS,
  DOT_PLAIN,
  DOT_SEVEN_BITS,
  DOT_SIGNED,
  DOT_UNSIGNED,
  SCORES_ADD,
  SCORES_KEEP,
  SCORES_MUL,
} from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { type Attention, attend, runAttention, type Step } from './attention.ts';
import { attendInBytes } from './attention-bytes.ts';
import { attentionOf, stepOf } from './attention-cases.ts';
import { emulate } from './emulate.ts';
import { Machine } from './machine.ts';
import { createRandom } from './random.ts';

const LOWEST = -3.4028234663852886e38;
const MODES = { DOT_UNSIGNED, DOT_PAIRS, DOT_SIGNED, DOT_SEVEN_BITS, DOT_PLAIN };

describe.each(Object.entries(MODES))('%s', (_, mode) => {
  const machine = emulate(mode === DOT_PLAIN ? DOT_UNSIGNED : mode, mode);

  test('shapes, strides and steps', () => {
    const random = createRandom(1);
    const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 25, 33, 48];
    for (let n = 0; n < 100; n++) {
      const [queries, keys, depth, width] = [0, 1, 2, 3].map(() => random.pick(sizes)) as [
        number,
        number,
        number,
        number,
      ];
      const bare = attentionOf(random, {
        ...{ batch: random.integer(1, 2), heads: random.integer(1, 3) },
        ...{ queries, keys, depth, width },
      });
      const kinds = Array.from({ length: n % 4 }, () => random.pick([SCORES_ADD, SCORES_MUL, SCORES_KEEP]));
      const it = { ...bare, steps: kinds.map((kind) => stepOf(random, kind, bare)) };
      const what = JSON.stringify({ n, queries, keys, depth, width, kinds });
      expect(runAttention(machine, it, mode), what).toEqual(attendInBytes(it, mode));
    }
  });

  test('the size of real heads, near to 64 bits', () => {
    const random = createRandom(2);
    for (const depth of [32, 64]) {
      const it = attentionOf(random, { batch: 2, heads: 3, queries: 50, keys: 131, depth, width: depth });
      const actual = runAttention(machine, it, mode);
      expect(actual).toEqual(attendInBytes(it, mode));
      expect(distance(actual, attend(it))).toBeLessThan({ [DOT_SEVEN_BITS]: 0.022, [DOT_PLAIN]: 0.012 }[mode] ?? 0.015);
    }
  });

  test('queries that look at one key, and others that look at all', () => {
    const random = createRandom(3);
    const it = attentionOf(random, { batch: 1, heads: 1, queries: 40, keys: 300, depth: 16, width: 16 });
    const sharp = { ...it, q: it.q.map((x, i) => (i % 3 === 0 ? x * 40 : x / 40)) };
    expect(runAttention(machine, sharp, mode)).toEqual(attendInBytes(sharp, mode));
  });

  test('keys that weigh less than half a level, and together as much as the greatest', () => {
    const random = createRandom(7);
    const bare = attentionOf(random, { batch: 1, heads: 1, queries: 12, keys: 800, depth: 8, width: 16 });
    const ahead = Float32Array.from({ length: 800 }, (_, t) => (t === 5 ? 6.5 : 0));
    const steps: Step[] = [{ kind: SCORES_ADD, tensor: ahead, strides: [0, 0, 0, 1], fill: 0 }];
    const it = { ...bare, q: bare.q.map((x) => x / 10), v: bare.v.map((x) => x + 1), steps };
    const actual = runAttention(machine, it, mode);
    expect(actual).toEqual(attendInBytes(it, mode));
    expect(distance(actual, attend(it))).toBeLessThan(0.05);
  });

  test('rows that a mask hides wholly by a number weigh all keys, as they do in floats', () => {
    const random = createRandom(8);
    const it = attentionOf(random, { batch: 1, heads: 2, queries: 13, keys: 37, depth: 16, width: 16 });
    for (const kind of [SCORES_ADD, SCORES_KEEP]) {
      const tensor = kind === SCORES_KEEP ? new Int32Array(37) : new Float32Array(37).fill(LOWEST);
      const steps: Step[] = [{ kind, tensor, strides: [0, 0, 0, 1], fill: LOWEST }];
      const actual = runAttention(machine, { ...it, steps }, mode);
      expect(actual).toEqual(attendInBytes({ ...it, steps }, mode));
      expect(distance(actual, attend({ ...it, steps }))).toBeLessThan(0.05);
    }
  });

  test('so many keys that sums have room for fewer levels', () => {
    const random = createRandom(9);
    const it = attentionOf(random, { batch: 1, heads: 1, queries: 2, keys: 4104, depth: 8, width: 8 });
    expect(runAttention(machine, it, mode)).toEqual(attendInBytes(it, mode));
  });

  test('what is not finite stays where it is', () => {
    const random = createRandom(4);
    const it = attentionOf(random, { batch: 1, heads: 2, queries: 9, keys: 21, depth: 8, width: 9 });
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const [q, k, v] = [it.q.slice(), it.k.slice(), it.v.slice()];
      q[it.strides.q[2]] = bad;
      expect(runAttention(machine, { ...it, q }, mode), `a query of ${bad}`).toEqual(attendInBytes({ ...it, q }, mode));
      v[it.strides.v[2]] = bad;
      const values = runAttention(machine, { ...it, v }, mode);
      expect(values, `a value of ${bad}`).toEqual(attendInBytes({ ...it, v }, mode));
      expect(values.filter(Number.isNaN)).toHaveLength(9);
      k[it.strides.k[2]] = bad;
      const head = runAttention(machine, { ...it, k }, mode).subarray(0, 81);
      expect(head.every(Number.isNaN), `a key of ${bad}`).toBe(true);
    }
    const mask = new Float32Array(9 * 21);
    mask.fill(-Infinity, 0, 21).fill(Number.NaN, 21, 22).fill(Infinity, 44, 45);
    const steps: Step[] = [{ kind: SCORES_ADD, tensor: mask, strides: [0, 0, 21, 1], fill: 0 }];
    const masked = runAttention(machine, { ...it, steps }, mode);
    expect(masked).toEqual(attendInBytes({ ...it, steps }, mode));
    expect(masked.subarray(0, 27).every(Number.isNaN)).toBe(true);
    expect(masked.subarray(27, 81).some(Number.isNaN)).toBe(false);
    const guarded = runAttention(machine, { ...it, steps, isGuarded: true }, mode);
    expect(guarded.subarray(0, 27)).toEqual(new Float32Array(27));
    expect(guarded.subarray(27, 81)).toEqual(masked.subarray(27, 81));
    const odd = { ...it, v: it.v.slice().fill(Number.NaN, 2, 3), steps, isGuarded: true };
    expect(runAttention(machine, odd, mode)).toEqual(attendInBytes(odd, mode));
  });
});

const machine = new Machine(engine);
const mode = machine.exports.probe();
machine.exports.setMode(mode);

test('a query has the same bits alone, among others, and in a batch', () => {
  const random = createRandom(5);
  const [keys, depth, width] = [45, 32, 24];
  const it = attentionOf(random, { batch: 2, heads: 2, queries: 31, keys, depth, width });
  const together = runAttention(machine, it, mode);
  expect(together).toEqual(attendInBytes(it, mode));
  for (const count of [1, 2, 5, 6, 7, 12, 13]) {
    for (const [b, s] of [
      [0, 0],
      [1, 3],
      [1, 31 - count],
    ] as const) {
      const part: Attention = {
        ...{ ...it, batch: 1, queries: count },
        q: it.q.subarray(b * it.strides.q[0] + s * it.strides.q[2]),
        k: it.k.subarray(b * it.strides.k[0]),
        v: it.v.subarray(b * it.strides.v[0]),
        strides: { ...it.strides, out: [0, count * width, width] },
      };
      const alone = runAttention(machine, part, mode);
      for (let h = 0; h < 2; h++) {
        const from = ((b * 2 + h) * 31 + s) * width;
        expect(alone.subarray(h * count * width, (h + 1) * count * width)).toEqual(
          together.subarray(from, from + count * width),
        );
      }
    }
  }
});

test('nothing to attend to, and nobody who attends', () => {
  const random = createRandom(6);
  for (const queries of [0, 2, 9]) {
    const none = attentionOf(random, { batch: 1, heads: 2, queries, keys: 0, depth: 8, width: 8 });
    expect(runAttention(machine, none, mode)).toEqual(new Float32Array(2 * queries * 8));
  }
});

/** By the size of what is expected. */
function distance(actual: Float32Array, expected: readonly number[]): number {
  const squares = expected.reduce((sum, x, i) => sum + (x - (actual[i] ?? 0)) ** 2, 0);
  return Math.sqrt(squares / expected.reduce((sum, x) => sum + x * x, 0));
}
