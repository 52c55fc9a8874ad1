// The same product without the machine's dot product of bytes: rows are pairs of bytes, weights are widened to pairs as they are loaded,
// and i32x4.dot_i16x8_s adds two neighbours. A sum is then in two lanes side by side, so a tile takes half a panel, four columns:
//
//   weights | k 0..3 of column 0 | k 0..3 of column 1 |     eight pairs, of 8 bytes of the panel
//   row     | k 0..3             | k 0..3             |     eight bytes, repeated
//   sums    | k 0, 1 | k 2, 3    | k 0, 1 | k 2, 3    |

import { finish } from './dequantize';
import { Rows1, Rows2, Rows3, Rows4, Rows5 } from './row-count';

/** As dotTile of dot-kernel.ts, of one to five rows: each product takes a register before it is added. */
export function plainTile(
  height: usize, q: usize, depth: usize, panel: usize, scales: usize, out: usize, stride: usize,
): void {
  const tail = panel + 8 * depth;
  halfTile(height, q, depth, panel, tail, scales, out, stride);
  halfTile(height, q, depth, panel + 16, tail + 16, scales, out + 16, stride);
}

function halfTile(
  height: usize, q: usize, depth: usize, panel: usize, tail: usize, scales: usize, out: usize, stride: usize,
): void {
  switch (height) {
    case 1: tile<Rows1>(q, depth, panel, tail, scales, out, stride); break;
    case 2: tile<Rows2>(q, depth, panel, tail, scales, out, stride); break;
    case 3: tile<Rows3>(q, depth, panel, tail, scales, out, stride); break;
    case 4: tile<Rows4>(q, depth, panel, tail, scales, out, stride); break;
    default: tile<Rows5>(q, depth, panel, tail, scales, out, stride); break;
  }
}

/** As `dot` of dot.ts, of pairs of bytes. */
@inline
function dotPairs(weights: v128, row: v128, sums: v128): v128 {
  return i32x4.add(sums, i32x4.dot_i16x8_s(weights, row));
}

/** Sums of two columns and of the next two, joined to those of four columns. */
@inline
function joined(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

function tile<R>(
  q: usize, depth: usize, panel: usize, tail: usize, scales: usize, out: usize, stride: usize,
): void {
  let x0 = q;
  let x1 = q + 2 * depth;
  let x2 = q + 4 * depth;
  let x3 = q + 6 * depth;
  let x4 = q + 8 * depth;
  let a0 = i32x4.splat(0);
  let b0 = i32x4.splat(0);
  let a1 = i32x4.splat(0);
  let b1 = i32x4.splat(0);
  let a2 = i32x4.splat(0);
  let b2 = i32x4.splat(0);
  let a3 = i32x4.splat(0);
  let b3 = i32x4.splat(0);
  let a4 = i32x4.splat(0);
  let b4 = i32x4.splat(0);
  const end = x0 + 2 * depth;
  let u: v128, v: v128, x: v128;
  do {
    u = v128.load_ext<i8>(panel);
    v = v128.load_ext<i8>(panel, 8);
    x = v128.load64_splat(x0); a0 = dotPairs(u, x, a0); b0 = dotPairs(v, x, b0);
    if (lengthof<R>() > 1) { x = v128.load64_splat(x1); a1 = dotPairs(u, x, a1); b1 = dotPairs(v, x, b1); }
    if (lengthof<R>() > 2) { x = v128.load64_splat(x2); a2 = dotPairs(u, x, a2); b2 = dotPairs(v, x, b2); }
    if (lengthof<R>() > 3) { x = v128.load64_splat(x3); a3 = dotPairs(u, x, a3); b3 = dotPairs(v, x, b3); }
    if (lengthof<R>() > 4) { x = v128.load64_splat(x4); a4 = dotPairs(u, x, a4); b4 = dotPairs(v, x, b4); }
    u = v128.load_ext<i8>(panel, 32);
    v = v128.load_ext<i8>(panel, 40);
    x = v128.load64_splat(x0, 8); a0 = dotPairs(u, x, a0); b0 = dotPairs(v, x, b0);
    if (lengthof<R>() > 1) { x = v128.load64_splat(x1, 8); a1 = dotPairs(u, x, a1); b1 = dotPairs(v, x, b1); }
    if (lengthof<R>() > 2) { x = v128.load64_splat(x2, 8); a2 = dotPairs(u, x, a2); b2 = dotPairs(v, x, b2); }
    if (lengthof<R>() > 3) { x = v128.load64_splat(x3, 8); a3 = dotPairs(u, x, a3); b3 = dotPairs(v, x, b3); }
    if (lengthof<R>() > 4) { x = v128.load64_splat(x4, 8); a4 = dotPairs(u, x, a4); b4 = dotPairs(v, x, b4); }
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
    x4 += 16;
    panel += 64;
  } while (x0 < end);
  const scale = v128.load(tail);
  const total = v128.load(tail, 32);
  const bias = v128.load(tail, 64);
  finish(scale, total, bias, joined(a0, b0), scales, out);
  if (lengthof<R>() > 1) finish(scale, total, bias, joined(a1, b1), scales + 8, out + stride);
  if (lengthof<R>() > 2) finish(scale, total, bias, joined(a2, b2), scales + 16, out + 2 * stride);
  if (lengthof<R>() > 3) finish(scale, total, bias, joined(a3, b3), scales + 24, out + 3 * stride);
  if (lengthof<R>() > 4) finish(scale, total, bias, joined(a4, b4), scales + 32, out + 4 * stride);
}
