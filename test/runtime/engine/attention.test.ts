// ATTENTION against 64 bits, and what it promises: a query's result has the same bits whatever stands beside it.

import { expect, test } from 'vitest';
import { SCORES_ADD, SCORES_KEEP, SCORES_MUL } from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { type Attention, attend, runAttention, type Step } from './attention.ts';
import { attentionOf, stepOf } from './attention-cases.ts';
import { expectClose } from './expected.ts';
import { Machine } from './machine.ts';
import { createRandom } from './random.ts';

const LOWEST = -3.4028234663852886e38;
const machine = new Machine(engine);

test('shapes, strides and steps', () => {
  const random = createRandom(1);
  const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 25, 33, 48];
  for (let n = 0; n < 150; n++) {
    const queries = n % 3 === 0 ? random.integer(1, 4) : random.pick(sizes);
    const keys = random.pick(sizes);
    const [batch, heads, depth, width] = [
      random.integer(1, 2),
      random.integer(1, 3),
      random.pick(sizes),
      random.pick(sizes),
    ];
    const bare = attentionOf(random, { batch, heads, queries, keys, depth, width });
    const kinds = Array.from({ length: n % 4 }, () => random.pick([SCORES_ADD, SCORES_MUL, SCORES_KEEP]));
    const it = { ...bare, steps: kinds.map((kind) => stepOf(random, kind, bare)) };
    const what = JSON.stringify({ n, batch, heads, queries, keys, depth, width, kinds });
    expectClose(runAttention(machine, it), attend(it), { absolute: 3e-6, relative: 3e-6, what });
  }
});

test('the size of real heads', () => {
  const random = createRandom(2);
  for (const depth of [32, 64]) {
    const it = attentionOf(random, { batch: 2, heads: 3, queries: 50, keys: 131, depth, width: depth });
    expectClose(runAttention(machine, it), attend(it), { absolute: 3e-6, relative: 3e-6 });
  }
});

test('a query has the same bits alone, among others, and in a batch', () => {
  const random = createRandom(3);
  for (const [keys, depth, width] of [
    [1, 1, 1],
    [17, 7, 9],
    [40, 32, 32],
    [131, 64, 64],
    [29, 9, 41],
  ] as const) {
    const it = attentionOf(random, { batch: 2, heads: 2, queries: 31, keys, depth, width });
    const mask = Float32Array.from({ length: 2 * 31 * keys }, () => random.pick([0, 0, 0, -1e9]));
    const steps: Step[] = [{ kind: SCORES_ADD, tensor: mask, strides: [31 * keys, 0, keys, 1], fill: 0 }];
    const together = runAttention(machine, { ...it, steps });
    for (const count of [1, 2, 4, 5, 6, 12, 13]) {
      for (const [b, s] of [
        [0, 0],
        [1, 3],
        [1, 31 - count],
      ] as const) {
        const part: Attention = {
          ...it,
          batch: 1,
          queries: count,
          q: it.q.subarray(b * it.strides.q[0] + s * it.strides.q[2]),
          k: it.k.subarray(b * it.strides.k[0]),
          v: it.v.subarray(b * it.strides.v[0]),
          strides: { ...it.strides, out: [0, count * width, width] },
          steps: steps.map((step) => ({ ...step, tensor: mask.subarray((b * 31 + s) * keys) })),
        };
        const alone = runAttention(machine, part);
        for (let h = 0; h < 2; h++) {
          const from = ((b * 2 + h) * 31 + s) * width;
          expect(alone.subarray(h * count * width, (h + 1) * count * width)).toEqual(
            together.subarray(from, from + count * width),
          );
        }
      }
    }
  }
});

test('keys at the end that weigh nothing change no bit', () => {
  const random = createRandom(4);
  for (const queries of [1, 3, 20]) {
    for (const keys of [1, 4, 7, 8, 9, 30]) {
      const whole = attentionOf(random, { batch: 1, heads: 2, queries, keys: keys + 21, depth: 16, width: 24 });
      for (const kind of [SCORES_ADD, SCORES_KEEP]) {
        for (const fill of [LOWEST, -1e4, -Infinity]) {
          const kept = Int32Array.from({ length: keys + 21 }, (_, t) => (t < keys ? 1 : 0));
          const tensor = kind === SCORES_KEEP ? kept : Float32Array.from(kept, (is) => (is ? 0 : fill));
          const steps: Step[] = [{ kind, tensor, strides: [0, 0, 0, 1], fill }];
          const alone = runAttention(machine, { ...whole, keys });
          expect(runAttention(machine, { ...whole, steps })).toEqual(alone);
        }
      }
    }
  }
});

test('rows without a finite score, and what is not a number, stay by themselves', () => {
  const random = createRandom(5);
  for (const queries of [3, 14]) {
    const it = attentionOf(random, { batch: 1, heads: 1, queries, keys: 11, depth: 8, width: 9 });
    const mask = new Float32Array(queries * 11);
    mask.fill(-Infinity, 0, 11).fill(NaN, 11, 12).fill(Infinity, 24, 25);
    const steps: Step[] = [{ kind: SCORES_ADD, tensor: mask, strides: [0, 0, 11, 1], fill: 0 }];
    const actual = runAttention(machine, { ...it, steps });
    expect(actual.subarray(0, 27).every(Number.isNaN)).toBe(true);
    expect(actual.subarray(27)).toEqual(runAttention(machine, it).subarray(27));
    const guarded = runAttention(machine, { ...it, steps, isGuarded: true });
    expect(guarded.subarray(0, 27)).toEqual(new Float32Array(27));
    expect(guarded.subarray(27)).toEqual(actual.subarray(27));
    const v = it.v
      .slice()
      .fill(NaN, 2, 3)
      .fill(Infinity, it.strides.v[2] + 8, it.strides.v[2] + 9);
    const odd = { ...it, v, steps, isGuarded: true };
    expectClose(runAttention(machine, odd), attend(odd), { absolute: 3e-6, relative: 3e-6 });
  }
});

test('nothing to attend to, and nobody who attends', () => {
  const random = createRandom(6);
  for (const queries of [0, 2, 9]) {
    const none = attentionOf(random, { batch: 1, heads: 2, queries, keys: 0, depth: 8, width: 8 });
    expect(runAttention(machine, none)).toEqual(new Float32Array(2 * queries * 8));
  }
});
