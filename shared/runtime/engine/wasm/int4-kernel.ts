// The product of 1 to 5 quantized rows and a panel of weights in 4 bits, as a decoder has it token by token, greedily or by beams: elements
// are multiplied as they are, and what their block says of them is made up for in its sums, which are the integers that bytes would give.
//
//   Σk factor × (element - zero point) × q[k]  =  factor × (Σk element × q[k] - zero point × Σk q[k])

import { I4_BLOCK } from '../command-format';
import { finish } from './dequantize';
import { AtOnce, dot, InPairs, onesOf } from './dot';
import { startOf } from './dot-kernel';
import { blocksOf, nibblesLength, SAYS } from './int4';
import { isInPairs } from './mode';
import { Rows1, Rows2, Rows3, Rows4, Rows5 } from './row-count';

const BLOCK: usize = I4_BLOCK;

/** Sums of the blocks of some rows, as the machine reads their bytes: [rows][blocks], 4 bytes each. `depth`: a multiple of 8. */
export function sumBlocks(sums: usize, q: usize, rows: usize, depth: usize): void {
  for (const end = q + rows * depth; q < end; q += depth, sums += 4 * blocksOf(depth)) {
    if (isInPairs()) sumBy<InPairs>(sums, q, depth);
    else sumBy<AtOnce>(sums, q, depth);
  }
}

/** The rows times a panel. `depth`: a multiple of 8, not 0; `sums`: of their blocks; `scales`: those of the first row. Stride in bytes. */
export function int4Tile(
  height: usize, q: usize, sums: usize, depth: usize, panel: usize, scales: usize, out: usize, stride: usize,
): void {
  if (isInPairs()) tileBy<InPairs>(height, q, sums, depth, panel, scales, out, stride);
  else tileBy<AtOnce>(height, q, sums, depth, panel, scales, out, stride);
}

function sumBy<M>(sums: usize, q: usize, depth: usize): void {
  const one = i8x16.splat(1);
  const ones = onesOf<M>();
  const end = q + depth;
  for (; q < end; sums += 4) {
    const next = min(q + BLOCK, end);
    let sum = i32x4.splat(0);
    for (; q < next; q += 8) sum = dot<M>(one, v128.load64_zero(q), sum, ones);
    store<i32>(sums, i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1));
  }
}

@inline
function tileBy<M>(
  height: usize, q: usize, sums: usize, depth: usize, panel: usize, scales: usize, out: usize, stride: usize,
): void {
  switch (height) {
    case 1: tile<Rows1, M>(q, sums, depth, panel, scales, out, stride); break;
    case 2: tile<Rows2, M>(q, sums, depth, panel, scales, out, stride); break;
    case 3: tile<Rows3, M>(q, sums, depth, panel, scales, out, stride); break;
    case 4: tile<Rows4, M>(q, sums, depth, panel, scales, out, stride); break;
    default: tile<Rows5, M>(q, sums, depth, panel, scales, out, stride); break;
  }
}

/**
 * Sums of all blocks (a, b: of the first four columns and the others) lie aside while those of one (c, d) are made. Up to two rows leave
 * half of those free: every other four of k then goes there (e, f), so that fewer products wait for the one before.
 */
function tile<R, M>(q: usize, sums: usize, depth: usize, panel: usize, scales: usize, out: usize, stride: usize): void {
  const low = i8x16.splat(15);
  const ones = onesOf<M>();
  let says = panel + nibblesLength(depth);
  const tail = says + SAYS * blocksOf(depth);
  const end = says;
  const sumsStride = 4 * blocksOf(depth);
  let x0 = q;
  let x1 = q + depth;
  let x2 = q + 2 * depth;
  let x3 = q + 3 * depth;
  let x4 = q + 4 * depth;
  let a0 = startOf(tail);
  let b0 = startOf(tail + 16);
  let a1 = a0;
  let b1 = b0;
  let a2 = a0;
  let b2 = b0;
  let a3 = a0;
  let b3 = b0;
  let a4 = a0;
  let b4 = b0;
  let u: v128, v: v128, x: v128;
  for (; panel < end; sums += 4, says += SAYS) {
    const blockEnd = min(panel + nibblesLength(BLOCK), end);
    let c0 = i32x4.splat(0), d0 = c0, c1 = c0, d1 = c0, c2 = c0, d2 = c0, c3 = c0, d3 = c0, c4 = c0, d4 = c0;
    let e0 = c0, f0 = c0, e1 = c0, f1 = c0;
    for (; panel < blockEnd; panel += 32) {
      x = v128.load(panel);
      u = v128.and(x, low);
      v = v128.and(i16x8.shr_u(x, 4), low);
      x = v128.load32_splat(x0); c0 = dot<M>(u, x, c0, ones); d0 = dot<M>(v, x, d0, ones);
      if (lengthof<R>() > 1) { x = v128.load32_splat(x1); c1 = dot<M>(u, x, c1, ones); d1 = dot<M>(v, x, d1, ones); }
      if (lengthof<R>() > 2) { x = v128.load32_splat(x2); c2 = dot<M>(u, x, c2, ones); d2 = dot<M>(v, x, d2, ones); }
      if (lengthof<R>() > 3) { x = v128.load32_splat(x3); c3 = dot<M>(u, x, c3, ones); d3 = dot<M>(v, x, d3, ones); }
      if (lengthof<R>() > 4) { x = v128.load32_splat(x4); c4 = dot<M>(u, x, c4, ones); d4 = dot<M>(v, x, d4, ones); }
      x = v128.load(panel, 16);
      u = v128.and(x, low);
      v = v128.and(i16x8.shr_u(x, 4), low);
      x = v128.load32_splat(x0, 4);
      if (lengthof<R>() > 2) { c0 = dot<M>(u, x, c0, ones); d0 = dot<M>(v, x, d0, ones); } else { e0 = dot<M>(u, x, e0, ones); f0 = dot<M>(v, x, f0, ones); }
      if (lengthof<R>() > 1) x = v128.load32_splat(x1, 4);
      if (lengthof<R>() > 2) { c1 = dot<M>(u, x, c1, ones); d1 = dot<M>(v, x, d1, ones); } else if (lengthof<R>() > 1) { e1 = dot<M>(u, x, e1, ones); f1 = dot<M>(v, x, f1, ones); }
      if (lengthof<R>() > 2) { x = v128.load32_splat(x2, 4); c2 = dot<M>(u, x, c2, ones); d2 = dot<M>(v, x, d2, ones); }
      if (lengthof<R>() > 3) { x = v128.load32_splat(x3, 4); c3 = dot<M>(u, x, c3, ones); d3 = dot<M>(v, x, d3, ones); }
      if (lengthof<R>() > 4) { x = v128.load32_splat(x4, 4); c4 = dot<M>(u, x, c4, ones); d4 = dot<M>(v, x, d4, ones); }
      x0 += 8;
      x1 += 8;
      x2 += 8;
      x3 += 8;
      x4 += 8;
    }
    if (lengthof<R>() < 3) {
      c0 = i32x4.add(c0, e0); d0 = i32x4.add(d0, f0);
      c1 = i32x4.add(c1, e1); d1 = i32x4.add(d1, f1);
    }
    x = i16x8.extend_low_i8x16_u(v128.load64_zero(says));
    u = v128.and(x, i16x8.splat(15));
    v = i16x8.shr_u(x, 4);
    x = i32x4.extend_low_i16x8_u(v);
    v = i32x4.extend_high_i16x8_u(v);
    const g = i32x4.extend_low_i16x8_u(u);
    u = i32x4.extend_high_i16x8_u(u);
    a0 = i32x4.add(a0, made(c0, g, x, sums)); b0 = i32x4.add(b0, made(d0, u, v, sums));
    if (lengthof<R>() > 1) { a1 = i32x4.add(a1, made(c1, g, x, sums + sumsStride)); b1 = i32x4.add(b1, made(d1, u, v, sums + sumsStride)); }
    if (lengthof<R>() > 2) { a2 = i32x4.add(a2, made(c2, g, x, sums + 2 * sumsStride)); b2 = i32x4.add(b2, made(d2, u, v, sums + 2 * sumsStride)); }
    if (lengthof<R>() > 3) { a3 = i32x4.add(a3, made(c3, g, x, sums + 3 * sumsStride)); b3 = i32x4.add(b3, made(d3, u, v, sums + 3 * sumsStride)); }
    if (lengthof<R>() > 4) { a4 = i32x4.add(a4, made(c4, g, x, sums + 4 * sumsStride)); b4 = i32x4.add(b4, made(d4, u, v, sums + 4 * sumsStride)); }
  }
  u = v128.load(tail);
  v = v128.load(tail, 32);
  x = v128.load(tail, 64);
  finish(u, v, x, a0, scales, out);
  if (lengthof<R>() > 1) finish(u, v, x, a1, scales + 8, out + stride);
  if (lengthof<R>() > 2) finish(u, v, x, a2, scales + 16, out + 2 * stride);
  if (lengthof<R>() > 3) finish(u, v, x, a3, scales + 24, out + 3 * stride);
  if (lengthof<R>() > 4) finish(u, v, x, a4, scales + 32, out + 4 * stride);
  u = v128.load(tail, 16);
  v = v128.load(tail, 48);
  x = v128.load(tail, 80);
  finish(u, v, x, b0, scales, out + 16);
  if (lengthof<R>() > 1) finish(u, v, x, b1, scales + 8, out + stride + 16);
  if (lengthof<R>() > 2) finish(u, v, x, b2, scales + 16, out + 2 * stride + 16);
  if (lengthof<R>() > 3) finish(u, v, x, b3, scales + 24, out + 3 * stride + 16);
  if (lengthof<R>() > 4) finish(u, v, x, b4, scales + 32, out + 4 * stride + 16);
}

/** `zeros`: below 16, so that the upper 16 bits of a lane weigh nothing; `sum`: where that of the row's block stands, which has 14 bits. */
@inline
function made(sums: v128, factors: v128, zeros: v128, sum: usize): v128 {
  return i32x4.mul(factors, i32x4.sub(sums, i32x4.dot_i16x8_s(zeros, v128.load32_splat(sum))));
}
