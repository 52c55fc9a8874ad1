// One row times weights of 4 bits, as a decoder has it token by token: elements are multiplied as they are, and what their block says of them
// is made up for in its sums, which are the integers that the bytes would give.
//
//   Σk factor × (element - zero point) × q[k]  =  factor × (Σk element × q[k] - zero point × Σk q[k])

import { DOT_PAIRS, DOT_SEVEN_BITS, I4_BLOCK, PANEL } from '../command-format';
import { finish } from './dequantize';
import { AtOnce, dot, InPairs, onesOf } from './dot';
import { startOf } from './dot-kernel';
import { mode } from './mode';

const BLOCK: usize = I4_BLOCK;
const WIDTH: usize = PANEL;

/** Sums of the row's blocks, as the machine reads its bytes, 4 bytes each. `depth`: a multiple of 8. */
export function sumBlocks(sums: usize, q: usize, depth: usize): void {
  if (isInPairs()) sumBy<InPairs>(sums, q, depth);
  else sumBy<AtOnce>(sums, q, depth);
}

/** The row times a panel. `depth`: a multiple of 8, not 0; `scales`: step and least of the row. */
export function int4Row(q: usize, sums: usize, depth: usize, panel: usize, scales: usize, out: usize): void {
  if (isInPairs()) rowBy<InPairs>(q, sums, depth, panel, scales, out);
  else rowBy<AtOnce>(q, sums, depth, panel, scales, out);
}

@inline
function isInPairs(): bool {
  return mode == DOT_PAIRS || mode == DOT_SEVEN_BITS;
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

function rowBy<M>(q: usize, sums: usize, depth: usize, panel: usize, scales: usize, out: usize): void {
  const tail = panel + (WIDTH / 2) * depth + WIDTH * ((depth + BLOCK - 1) / BLOCK);
  const low = i8x16.splat(15);
  const ones = onesOf<M>();
  const end = q + depth;
  let a = startOf(tail);
  let b = startOf(tail + 16);
  for (; q < end; sums += 4) {
    const said = panel;
    const next = min(q + BLOCK, end);
    let c = i32x4.splat(0);
    let d = c;
    let e = c;
    let f = c;
    // Two chains of sums for each four columns, so that a product does not wait for the one before.
    for (panel += WIDTH; q < next; q += 8, panel += 32) {
      const first = v128.load(panel);
      const x = v128.load32_splat(q);
      c = dot<M>(v128.and(first, low), x, c, ones);
      d = dot<M>(v128.and(i16x8.shr_u(first, 4), low), x, d, ones);
      const second = v128.load(panel, 16);
      const y = v128.load32_splat(q, 4);
      e = dot<M>(v128.and(second, low), y, e, ones);
      f = dot<M>(v128.and(i16x8.shr_u(second, 4), low), y, f, ones);
    }
    const pairs = i16x8.extend_low_i8x16_u(v128.load64_zero(said));
    const factors = v128.and(pairs, i16x8.splat(15));
    const zeros = i16x8.shr_u(pairs, 4);
    const sum = v128.load32_splat(sums);
    a = i32x4.add(a, made(i32x4.add(c, e), i32x4.extend_low_i16x8_u(factors), i32x4.extend_low_i16x8_u(zeros), sum));
    b = i32x4.add(b, made(i32x4.add(d, f), i32x4.extend_high_i16x8_u(factors), i32x4.extend_high_i16x8_u(zeros), sum));
  }
  finish(v128.load(tail), v128.load(tail, 32), v128.load(tail, 64), a, scales, out);
  finish(v128.load(tail, 16), v128.load(tail, 48), v128.load(tail, 80), b, scales, out + 16);
}

@inline
function made(sums: v128, factors: v128, zeros: v128, sum: v128): v128 {
  return i32x4.mul(factors, i32x4.sub(sums, i32x4.mul(zeros, sum)));
}
