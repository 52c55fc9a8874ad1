// How rows are quantized for the machine's dot product.

import { DOT_PLAIN, DOT_SEVEN_BITS, DOT_SIGNED, DOT_UNSIGNED } from '../command-format';
import { AtOnce, dot } from './dot';

/** The one that is right on every machine, until the host says. */
export let mode: i32 = DOT_SEVEN_BITS;

export function setMode(to: i32): void {
  mode = to;
}

/**
 * Weights of 127 and of -128 with bytes of 255: 4 × 127 × 255 = 129540 and 4 × -128 × 255 = -130560 where bytes are unsigned and sums of
 * pairs are exact; -508 and 512 where they are signed; and anything else where 7 bits are what can be relied upon. Where they are signed,
 * sums of pairs may wrap: V8 on Arm without SDOT, and in code that is not optimized yet, makes them in 16 bits. No weights let them
 * (command-format.ts), so they need not be tried.
 */
export function probe(): i32 {
  const high = same(127);
  const low = same(-128);
  if (high == 129540 && low == -130560) return DOT_UNSIGNED;
  if (high == -508 && low == 512) return DOT_SIGNED;
  return DOT_SEVEN_BITS;
}

/** All four sums if they are the same, or 0. Read from memory: a compiler would compute it with its own machine's rules. */
function same(weight: i32): i32 {
  v128.store(operands, i8x16.splat(<i8>weight));
  v128.store(operands, i8x16.splat(-1), 16);
  const zero = i32x4.splat(0);
  const sums = dot<AtOnce>(v128.load(operands), v128.load(operands, 16), zero, zero);
  const first = i32x4.extract_lane(sums, 0);
  return i32x4.all_true(i32x4.eq(sums, i32x4.splat(first))) ? first : 0;
}
const operands: usize = memory.data(32, 16);

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
