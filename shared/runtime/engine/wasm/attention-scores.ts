// Scores of one query against keys where they lie, for a few queries: putting the keys in panels would cost more than their products.
// Blocks of four keys by four elements are turned over in registers, so that each key's sum runs over the elements from the first, in one
// lane, as it does in float-kernel.ts: both ways give the same bits.

import { plus, plusOne } from './multiply-add';
import { turned0, turned1, turned2, turned3 } from './transpose';

/** Keys that are taken together: four sums of four that do not wait for one another. */
const TOGETHER: usize = 16;

/** scores[t] = Σi q[i] × k[t][i]. `stride` of keys in bytes. */
export function scoreRow(scores: usize, q: usize, k: usize, stride: usize, keys: usize, depth: usize): void {
  let t: usize = 0;
  for (; t + TOGETHER <= keys; t += TOGETHER) sixteen(scores + 4 * t, q, k + t * stride, stride, depth);
  for (; t + 4 <= keys; t += 4) four(scores + 4 * t, q, k + t * stride, stride, depth);
  for (; t < keys; t++) store<f32>(scores + 4 * t, oneFrom(0, q, k + t * stride, depth));
}

function sixteen(scores: usize, q: usize, k: usize, stride: usize, depth: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const whole = (depth & ~3) * 4;
  for (let i: usize = 0; i < whole; i += 16) {
    const x = v128.load(q + i);
    a = block(a, x, k + i, stride);
    b = block(b, x, k + 4 * stride + i, stride);
    c = block(c, x, k + 8 * stride + i, stride);
    d = block(d, x, k + 12 * stride + i, stride);
  }
  v128.store(scores, a);
  v128.store(scores, b, 16);
  v128.store(scores, c, 32);
  v128.store(scores, d, 48);
  finish(scores, TOGETHER, q, k, stride, depth);
}

function four(scores: usize, q: usize, k: usize, stride: usize, depth: usize): void {
  let sums = f32x4.splat(0);
  const whole = (depth & ~3) * 4;
  for (let i: usize = 0; i < whole; i += 16) sums = block(sums, v128.load(q + i), k + i, stride);
  v128.store(scores, sums);
  finish(scores, 4, q, k, stride, depth);
}

/** Elements behind the last whole block. */
function finish(scores: usize, keys: usize, q: usize, k: usize, stride: usize, depth: usize): void {
  const whole = depth & ~3;
  if (whole == depth) return;
  for (let t: usize = 0; t < keys; t++) {
    const at = k + t * stride + 4 * whole;
    store<f32>(scores + 4 * t, oneFrom(load<f32>(scores + 4 * t), q + 4 * whole, at, depth - whole));
  }
}

/** `sums` of four keys, and four more elements of each. */
@inline
function block(sums: v128, q: v128, k: usize, stride: usize): v128 {
  const a = v128.load(k);
  const b = v128.load(k + stride);
  const c = v128.load(k + 2 * stride);
  const d = v128.load(k + 3 * stride);
  sums = plus(sums, v128.shuffle<i32>(q, q, 0, 0, 0, 0), turned0(a, b, c, d));
  sums = plus(sums, v128.shuffle<i32>(q, q, 1, 1, 1, 1), turned1(a, b, c, d));
  sums = plus(sums, v128.shuffle<i32>(q, q, 2, 2, 2, 2), turned2(a, b, c, d));
  return plus(sums, v128.shuffle<i32>(q, q, 3, 3, 3, 3), turned3(a, b, c, d));
}

function oneFrom(sum: f32, q: usize, k: usize, depth: usize): f32 {
  for (let i: usize = 0; i < depth; i++) sum = plusOne(sum, load<f32>(q + 4 * i), load<f32>(k + 4 * i));
  return sum;
}
