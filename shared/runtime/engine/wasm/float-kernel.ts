// The product of 1 to 5 rows of floats and eight columns. Every sum runs over k from its start in one lane, whatever the number of rows:
// a row's result is the same, bit for bit, beside any others.
//
//   b       | eight columns of k = 0 | at stride: of k = 1 | …
//   starts  | what the eight sums begin with: the bias, or 0 |

import { plus } from './multiply-add';
import { Rows1, Rows2, Rows3, Rows4, Rows5 } from './row-count';

/** Eight sums that begin with nothing. */
export const zeros: usize = memory.data(32, 16);

/** out[r][n] = starts[n] + Σk a[r][k] × b[k][n]. Strides in bytes. */
export function floatTile(
  height: usize, a: usize, strideA: usize, depth: usize, b: usize, strideB: usize, starts: usize, out: usize, stride: usize,
): void {
  switch (height) {
    case 1: tile<Rows1>(a, strideA, depth, b, strideB, starts, out, stride); break;
    case 2: tile<Rows2>(a, strideA, depth, b, strideB, starts, out, stride); break;
    case 3: tile<Rows3>(a, strideA, depth, b, strideB, starts, out, stride); break;
    case 4: tile<Rows4>(a, strideA, depth, b, strideB, starts, out, stride); break;
    default: tile<Rows5>(a, strideA, depth, b, strideB, starts, out, stride); break;
  }
}

function tile<R>(
  a: usize, strideA: usize, depth: usize, b: usize, strideB: usize, starts: usize, out: usize, stride: usize,
): void {
  let x0 = a;
  let x1 = a + strideA;
  let x2 = a + 2 * strideA;
  let x3 = a + 3 * strideA;
  let x4 = a + 4 * strideA;
  const end = a + 4 * depth;
  const wholes = a + 4 * (depth & ~3);
  let p0 = v128.load(starts);
  let q0 = v128.load(starts, 16);
  let p1 = v128.load(starts);
  let q1 = v128.load(starts, 16);
  let p2 = v128.load(starts);
  let q2 = v128.load(starts, 16);
  let p3 = v128.load(starts);
  let q3 = v128.load(starts, 16);
  let p4 = v128.load(starts);
  let q4 = v128.load(starts, 16);
  let u: v128, v: v128, x: v128;
  while (x0 < wholes) {
    u = v128.load(b);
    v = v128.load(b, 16);
    x = v128.load32_splat(x0); p0 = plus(p0, x, u); q0 = plus(q0, x, v);
    if (lengthof<R>() > 1) { x = v128.load32_splat(x1); p1 = plus(p1, x, u); q1 = plus(q1, x, v); }
    if (lengthof<R>() > 2) { x = v128.load32_splat(x2); p2 = plus(p2, x, u); q2 = plus(q2, x, v); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3); p3 = plus(p3, x, u); q3 = plus(q3, x, v); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4); p4 = plus(p4, x, u); q4 = plus(q4, x, v); }
    b += strideB;
    u = v128.load(b);
    v = v128.load(b, 16);
    x = v128.load32_splat(x0, 4); p0 = plus(p0, x, u); q0 = plus(q0, x, v);
    if (lengthof<R>() > 1) { x = v128.load32_splat(x1, 4); p1 = plus(p1, x, u); q1 = plus(q1, x, v); }
    if (lengthof<R>() > 2) { x = v128.load32_splat(x2, 4); p2 = plus(p2, x, u); q2 = plus(q2, x, v); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3, 4); p3 = plus(p3, x, u); q3 = plus(q3, x, v); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4, 4); p4 = plus(p4, x, u); q4 = plus(q4, x, v); }
    b += strideB;
    u = v128.load(b);
    v = v128.load(b, 16);
    x = v128.load32_splat(x0, 8); p0 = plus(p0, x, u); q0 = plus(q0, x, v);
    if (lengthof<R>() > 1) { x = v128.load32_splat(x1, 8); p1 = plus(p1, x, u); q1 = plus(q1, x, v); }
    if (lengthof<R>() > 2) { x = v128.load32_splat(x2, 8); p2 = plus(p2, x, u); q2 = plus(q2, x, v); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3, 8); p3 = plus(p3, x, u); q3 = plus(q3, x, v); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4, 8); p4 = plus(p4, x, u); q4 = plus(q4, x, v); }
    b += strideB;
    u = v128.load(b);
    v = v128.load(b, 16);
    x = v128.load32_splat(x0, 12); p0 = plus(p0, x, u); q0 = plus(q0, x, v);
    if (lengthof<R>() > 1) { x = v128.load32_splat(x1, 12); p1 = plus(p1, x, u); q1 = plus(q1, x, v); }
    if (lengthof<R>() > 2) { x = v128.load32_splat(x2, 12); p2 = plus(p2, x, u); q2 = plus(q2, x, v); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3, 12); p3 = plus(p3, x, u); q3 = plus(q3, x, v); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4, 12); p4 = plus(p4, x, u); q4 = plus(q4, x, v); }
    b += strideB;
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
    x4 += 16;
  }
  while (x0 < end) {
    u = v128.load(b);
    v = v128.load(b, 16);
    x = v128.load32_splat(x0); p0 = plus(p0, x, u); q0 = plus(q0, x, v);
    if (lengthof<R>() > 1) { x = v128.load32_splat(x1); p1 = plus(p1, x, u); q1 = plus(q1, x, v); }
    if (lengthof<R>() > 2) { x = v128.load32_splat(x2); p2 = plus(p2, x, u); q2 = plus(q2, x, v); }
    if (lengthof<R>() > 3) { x = v128.load32_splat(x3); p3 = plus(p3, x, u); q3 = plus(q3, x, v); }
    if (lengthof<R>() > 4) { x = v128.load32_splat(x4); p4 = plus(p4, x, u); q4 = plus(q4, x, v); }
    b += strideB;
    x0 += 4;
    x1 += 4;
    x2 += 4;
    x3 += 4;
    x4 += 4;
  }
  v128.store(out, p0);
  v128.store(out, q0, 16);
  if (lengthof<R>() > 1) {
    v128.store(out + stride, p1);
    v128.store(out + stride, q1, 16);
  }
  if (lengthof<R>() > 2) {
    v128.store(out + 2 * stride, p2);
    v128.store(out + 2 * stride, q2, 16);
  }
  if (lengthof<R>() > 3) {
    v128.store(out + 3 * stride, p3);
    v128.store(out + 3 * stride, q3, 16);
  }
  if (lengthof<R>() > 4) {
    v128.store(out + 4 * stride, p4);
    v128.store(out + 4 * stride, q4, 16);
  }
}

/** One row and four times eight columns, `blockB` bytes apart in b and `blockStarts` in starts: sums that do not wait for one another. */
export function floatRow(
  a: usize, depth: usize, b: usize, strideB: usize, blockB: usize, starts: usize, blockStarts: usize, out: usize,
): void {
  let p0 = v128.load(starts);
  let q0 = v128.load(starts, 16);
  let p1 = v128.load(starts + 1 * blockStarts);
  let q1 = v128.load(starts + 1 * blockStarts, 16);
  let p2 = v128.load(starts + 2 * blockStarts);
  let q2 = v128.load(starts + 2 * blockStarts, 16);
  let p3 = v128.load(starts + 3 * blockStarts);
  let q3 = v128.load(starts + 3 * blockStarts, 16);
  let b1 = b + blockB;
  let b2 = b + 2 * blockB;
  let b3 = b + 3 * blockB;
  for (const end = a + 4 * depth; a < end; a += 4) {
    const x = v128.load32_splat(a);
    p0 = plus(p0, x, v128.load(b));
    q0 = plus(q0, x, v128.load(b, 16));
    p1 = plus(p1, x, v128.load(b1));
    q1 = plus(q1, x, v128.load(b1, 16));
    p2 = plus(p2, x, v128.load(b2));
    q2 = plus(q2, x, v128.load(b2, 16));
    p3 = plus(p3, x, v128.load(b3));
    q3 = plus(q3, x, v128.load(b3, 16));
    b += strideB;
    b1 += strideB;
    b2 += strideB;
    b3 += strideB;
  }
  v128.store(out, p0);
  v128.store(out, q0, 16);
  v128.store(out, p1, 32);
  v128.store(out, q1, 48);
  v128.store(out, p2, 64);
  v128.store(out, q2, 80);
  v128.store(out, p3, 96);
  v128.store(out, q3, 112);
}
