// The product of 1 to 6 quantized rows and a panel of eight columns, on the machine's dot product of bytes. What a tile holds (2 sums a
// row, 2 vectors of weights, 1 of a row) fits the vector registers, of which V8 gives out 15.
//
//   panel  | k 0..3 of column 0 | of column 1 | … of column 7 | k 4..7 of column 0 | …      32 bytes for four k
//   row    | k 0..3 | k 4..7 | …                                                            four bytes, repeated for four columns

import { DOT_SIGNED } from '../command-format';
import { finish } from './dequantize';
import { AtOnce, dot, InPairs, onesOf } from './dot';
import { isInPairs, mode } from './mode';
import { Rows2, Rows3, Rows4, Rows5, Rows6 } from './row-count';

/** In a panel's tail: the sums of columns, times their scales. */
const TOTALS: usize = 32;

/** `depth`: a multiple of 8, not 0. `scales`: those of the first row. Strides in bytes. */
export function dotTile(
  height: usize, q: usize, depth: usize, panel: usize, scales: usize, out: usize, stride: usize,
): void {
  if (isInPairs()) tileBy<InPairs>(height, q, depth, panel, scales, out, stride);
  else tileBy<AtOnce>(height, q, depth, panel, scales, out, stride);
}

@inline
function tileBy<M>(
  height: usize, q: usize, depth: usize, panel: usize, scales: usize, out: usize, stride: usize,
): void {
  switch (height) {
    case 1: dotRow<M>(q, depth, panel, scales, out); break;
    case 2: tile<Rows2, M>(q, depth, panel, scales, out, stride); break;
    case 3: tile<Rows3, M>(q, depth, panel, scales, out, stride); break;
    case 4: tile<Rows4, M>(q, depth, panel, scales, out, stride); break;
    case 5: tile<Rows5, M>(q, depth, panel, scales, out, stride); break;
    default: tile<Rows6, M>(q, depth, panel, scales, out, stride); break;
  }
}

/**
 * What sums of four columns begin with: of bytes less 128 what that takes off, 128 × the sum of a column. That stands in the tail times its
 * scale, and is as exact as can be told by 24 bits: to the integer, up to a depth of 65,536.
 */
@inline
export function startOf(tail: usize): v128 {
  if (mode != DOT_SIGNED) return i32x4.splat(0);
  const sums = f32x4.nearest(f32x4.div(v128.load(tail, TOTALS), v128.load(tail)));
  return i32x4.shl(i32x4.trunc_sat_f32x4_s(sums), 7);
}

/**
 * Two to six rows. Up to three leave half of the sums free: every other k then goes to those, so that fewer products wait for the one
 * before.
 */
function tile<R, M>(q: usize, depth: usize, panel: usize, scales: usize, out: usize, stride: usize): void {
  let x0 = q;
  let x1 = q + depth;
  let x2 = q + 2 * depth;
  let x3 = q + 3 * depth;
  let x4 = q + 4 * depth;
  let x5 = q + 5 * depth;
  const tail = panel + 8 * depth;
  let a0 = startOf(tail);
  let b0 = startOf(tail + 16);
  let a1 = a0;
  let b1 = b0;
  let a2 = a0;
  let b2 = b0;
  let a3 = lengthof<R>() > 3 ? a0 : i32x4.splat(0);
  let b3 = lengthof<R>() > 3 ? b0 : i32x4.splat(0);
  let a4 = a3;
  let b4 = b3;
  let a5 = a3;
  let b5 = b3;
  const end = panel + 8 * (depth & ~15);
  const ones = onesOf<M>();
  let u: v128, v: v128, x: v128;
  while (panel < end) {
    u = v128.load(panel);
    v = v128.load(panel, 16);
    x = v128.load32_splat(x0); a0 = dot<M>(u, x, a0, ones); b0 = dot<M>(v, x, b0, ones);
    if (lengthof<R>() > 1) { x = v128.load32_splat(x1); a1 = dot<M>(u, x, a1, ones); b1 = dot<M>(v, x, b1, ones); }
    if (lengthof<R>() > 2) { x = v128.load32_splat(x2); a2 = dot<M>(u, x, a2, ones); b2 = dot<M>(v, x, b2, ones); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3); a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4); a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 5) { x = v128.load32_splat(x5); a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
    u = v128.load(panel, 32);
    v = v128.load(panel, 48);
    x = v128.load32_splat(x0, 4);
    if (lengthof<R>() > 3) { a0 = dot<M>(u, x, a0, ones); b0 = dot<M>(v, x, b0, ones); } else { a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 1) x = v128.load32_splat(x1, 4);
    if (lengthof<R>() > 3) { a1 = dot<M>(u, x, a1, ones); b1 = dot<M>(v, x, b1, ones); } else { a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 2) x = v128.load32_splat(x2, 4);
    if (lengthof<R>() > 3) { a2 = dot<M>(u, x, a2, ones); b2 = dot<M>(v, x, b2, ones); } else if (lengthof<R>() > 2) { a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3, 4); a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4, 4); a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 5) { x = v128.load32_splat(x5, 4); a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
    u = v128.load(panel, 64);
    v = v128.load(panel, 80);
    x = v128.load32_splat(x0, 8); a0 = dot<M>(u, x, a0, ones); b0 = dot<M>(v, x, b0, ones);
    if (lengthof<R>() > 1) { x = v128.load32_splat(x1, 8); a1 = dot<M>(u, x, a1, ones); b1 = dot<M>(v, x, b1, ones); }
    if (lengthof<R>() > 2) { x = v128.load32_splat(x2, 8); a2 = dot<M>(u, x, a2, ones); b2 = dot<M>(v, x, b2, ones); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3, 8); a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4, 8); a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 5) { x = v128.load32_splat(x5, 8); a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
    u = v128.load(panel, 96);
    v = v128.load(panel, 112);
    x = v128.load32_splat(x0, 12);
    if (lengthof<R>() > 3) { a0 = dot<M>(u, x, a0, ones); b0 = dot<M>(v, x, b0, ones); } else { a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 1) x = v128.load32_splat(x1, 12);
    if (lengthof<R>() > 3) { a1 = dot<M>(u, x, a1, ones); b1 = dot<M>(v, x, b1, ones); } else { a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 2) x = v128.load32_splat(x2, 12);
    if (lengthof<R>() > 3) { a2 = dot<M>(u, x, a2, ones); b2 = dot<M>(v, x, b2, ones); } else if (lengthof<R>() > 2) { a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3, 12); a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4, 12); a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 5) { x = v128.load32_splat(x5, 12); a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
    x4 += 16;
    x5 += 16;
    panel += 128;
  }
  if (panel < tail) {
    u = v128.load(panel);
    v = v128.load(panel, 16);
    x = v128.load32_splat(x0); a0 = dot<M>(u, x, a0, ones); b0 = dot<M>(v, x, b0, ones);
    if (lengthof<R>() > 1) { x = v128.load32_splat(x1); a1 = dot<M>(u, x, a1, ones); b1 = dot<M>(v, x, b1, ones); }
    if (lengthof<R>() > 2) { x = v128.load32_splat(x2); a2 = dot<M>(u, x, a2, ones); b2 = dot<M>(v, x, b2, ones); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3); a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4); a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 5) { x = v128.load32_splat(x5); a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
    u = v128.load(panel, 32);
    v = v128.load(panel, 48);
    x = v128.load32_splat(x0, 4);
    if (lengthof<R>() > 3) { a0 = dot<M>(u, x, a0, ones); b0 = dot<M>(v, x, b0, ones); } else { a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 1) x = v128.load32_splat(x1, 4);
    if (lengthof<R>() > 3) { a1 = dot<M>(u, x, a1, ones); b1 = dot<M>(v, x, b1, ones); } else { a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 2) x = v128.load32_splat(x2, 4);
    if (lengthof<R>() > 3) { a2 = dot<M>(u, x, a2, ones); b2 = dot<M>(v, x, b2, ones); } else if (lengthof<R>() > 2) { a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3, 4); a3 = dot<M>(u, x, a3, ones); b3 = dot<M>(v, x, b3, ones); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4, 4); a4 = dot<M>(u, x, a4, ones); b4 = dot<M>(v, x, b4, ones); }
    if (lengthof<R>() > 5) { x = v128.load32_splat(x5, 4); a5 = dot<M>(u, x, a5, ones); b5 = dot<M>(v, x, b5, ones); }
  }
  if (lengthof<R>() < 4) {
    a0 = i32x4.add(a0, a3); b0 = i32x4.add(b0, b3);
    a1 = i32x4.add(a1, a4); b1 = i32x4.add(b1, b4);
    a2 = i32x4.add(a2, a5); b2 = i32x4.add(b2, b5);
  }
  u = v128.load(tail);
  v = v128.load(tail, TOTALS);
  x = v128.load(tail, 64);
  finish(u, v, x, a0, scales, out);
  if (lengthof<R>() > 1) finish(u, v, x, a1, scales + 8, out + stride);
  if (lengthof<R>() > 2) finish(u, v, x, a2, scales + 16, out + 2 * stride);
  if (lengthof<R>() > 3) finish(u, v, x, a3, scales + 24, out + 3 * stride);
  if (lengthof<R>() > 4) finish(u, v, x, a4, scales + 32, out + 4 * stride);
  if (lengthof<R>() > 5) finish(u, v, x, a5, scales + 40, out + 5 * stride);
  u = v128.load(tail, 16);
  v = v128.load(tail, 48);
  x = v128.load(tail, 80);
  finish(u, v, x, b0, scales, out + 16);
  if (lengthof<R>() > 1) finish(u, v, x, b1, scales + 8, out + stride + 16);
  if (lengthof<R>() > 2) finish(u, v, x, b2, scales + 16, out + 2 * stride + 16);
  if (lengthof<R>() > 3) finish(u, v, x, b3, scales + 24, out + 3 * stride + 16);
  if (lengthof<R>() > 4) finish(u, v, x, b4, scales + 32, out + 4 * stride + 16);
  if (lengthof<R>() > 5) finish(u, v, x, b5, scales + 40, out + 5 * stride + 16);
}

/**
 * One row is bound by how fast the panel comes from memory, so what counts is that sums do not wait for one another: eight of them, and the
 * panel is read from its beginning to its end.
 */
function dotRow<M>(q: usize, depth: usize, panel: usize, scales: usize, out: usize): void {
  const tail = panel + 8 * depth;
  let a = startOf(tail);
  let b = startOf(tail + 16);
  let c = i32x4.splat(0);
  let d = i32x4.splat(0);
  let e = i32x4.splat(0);
  let f = i32x4.splat(0);
  let g = i32x4.splat(0);
  let h = i32x4.splat(0);
  const ones = onesOf<M>();
  const end = panel + 8 * (depth & ~15);
  for (; panel < end; panel += 128, q += 16) {
    const x0 = v128.load32_splat(q);
    a = dot<M>(v128.load(panel), x0, a, ones);
    b = dot<M>(v128.load(panel, 16), x0, b, ones);
    const x1 = v128.load32_splat(q, 4);
    c = dot<M>(v128.load(panel, 32), x1, c, ones);
    d = dot<M>(v128.load(panel, 48), x1, d, ones);
    const x2 = v128.load32_splat(q, 8);
    e = dot<M>(v128.load(panel, 64), x2, e, ones);
    f = dot<M>(v128.load(panel, 80), x2, f, ones);
    const x3 = v128.load32_splat(q, 12);
    g = dot<M>(v128.load(panel, 96), x3, g, ones);
    h = dot<M>(v128.load(panel, 112), x3, h, ones);
  }
  if (panel < tail) {
    const x0 = v128.load32_splat(q);
    a = dot<M>(v128.load(panel), x0, a, ones);
    b = dot<M>(v128.load(panel, 16), x0, b, ones);
    const x1 = v128.load32_splat(q, 4);
    c = dot<M>(v128.load(panel, 32), x1, c, ones);
    d = dot<M>(v128.load(panel, 48), x1, d, ones);
  }
  a = i32x4.add(i32x4.add(a, c), i32x4.add(e, g));
  b = i32x4.add(i32x4.add(b, d), i32x4.add(f, h));
  finish(v128.load(tail), v128.load(tail, 32), v128.load(tail, 64), a, scales, out);
  finish(v128.load(tail, 16), v128.load(tail, 48), v128.load(tail, 80), b, scales, out + 16);
}
