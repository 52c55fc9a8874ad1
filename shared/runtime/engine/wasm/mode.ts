// How rows are quantized for the machine's dot product.

import { DOT_PAIRS, DOT_PLAIN, DOT_SEVEN_BITS, DOT_SIGNED, DOT_UNSIGNED } from '../command-format';
import { AtOnce, dot, InPairs, onesOf } from './dot';

/** The one that is right on every machine, until the host says. */
export let mode: i32 = DOT_SEVEN_BITS;

export function setMode(to: i32): void {
  mode = to;
}

/**
 * Weights of 127 and of -128 with bytes of 255: 4 × 127 × 255 = 129540 and 4 × -128 × 255 = -130560 where bytes are unsigned and sums of
 * pairs are exact; -508 and 512 where they are signed. Where sums of pairs are held within 16 bits, they are right for as much as weights
 * have (command-format.ts): 2 × 255 × 128 and 2 × 255 × -128. Where bytes are signed such sums may wrap (V8 on Arm without SDOT, and in code
 * that is not optimized yet), and are right for these weights too.
 */
export function probe(): i32 {
  const high = same<AtOnce>(127, 127);
  const low = same<AtOnce>(-128, -128);
  if (high == 129540 && low == -130560) return DOT_UNSIGNED;
  if (high == -508 && low == 512) return DOT_SIGNED;
  return same<InPairs>(64, 64) == 65280 && same<InPairs>(0, -128) == -65280 ? DOT_PAIRS : DOT_SEVEN_BITS;
}

/** All four sums of two pairs, if they are the same, or 0. Read from memory: a compiler would compute it with its own machine's rules. */
function same<M>(even: i32, odd: i32): i32 {
  v128.store(operands, i16x8.splat(<i16>((even & 255) | (odd << 8))));
  v128.store(operands, i8x16.splat(-1), 16);
  const zero = i32x4.splat(0);
  const sums = dot<M>(v128.load(operands), v128.load(operands, 16), zero, onesOf<M>());
  const first = i32x4.extract_lane(sums, 0);
  return i32x4.all_true(i32x4.eq(sums, i32x4.splat(first))) ? first : 0;
}
const operands: usize = memory.data(32, 16);

/** Whether the dot product is made of sums of pairs. */
@inline
export function isInPairs(): bool {
  return mode == DOT_PAIRS || mode == DOT_SEVEN_BITS;
}

/** Bytes of an element of a quantized row. */
@inline
export function elementBytes(): usize {
  return mode == DOT_PLAIN ? 2 : 1;
}

/**
 * Steps between the least and the greatest of a row. As many as the mode has bits for, and so few that `depth` products with a weight of
 * -128 stay within 31 bits.
 */
export function levelsFor(depth: usize): i32 {
  const most = mode == DOT_PLAIN ? 4095 : mode == DOT_SEVEN_BITS ? 127 : 255;
  return <i32>min(<usize>most, 0x7fffffff / (128 * max(depth, 1)));
}
