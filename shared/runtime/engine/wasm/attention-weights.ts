// What the scores of a query weigh, as a row of small integers: levels × e^(score − greatest), rounded, of which the greatest score has all.
// They are divided by their own sum, so that what the values have in common is kept exactly.
//
// Many keys that each weigh less than half a level would all be nothing, and together they may weigh as much as the greatest. So what rounding
// takes off one of them, or adds to it, goes to the next of them in its lane (as Floyd and Steinberg 1976 do with shades of grey).
//
// e^x is 2^(x log2 e): whole powers by the bits of the exponent, the rest by a polynomial that is 2^f interpolated at Chebyshev's nodes over
// |f| <= 1/2, with a relative error below 4e-6: a sixtieth of the finest level.

import { DOT_PLAIN, DOT_SIGNED } from '../command-format';
import { acrossSum, acrossTotal } from './lanes';
import { levelsFor, mode } from './mode';
import { plus } from './multiply-add';

/** See exponential.ts. */
const ROUNDER: f32 = 12582912;
const LOG2_E: f32 = 1.4426950408889634;
/** Of 2^f, from that of f⁰. */
const coefficients: usize = memory.data<f32>([1, 0.6931210452, 0.2402234904, 0.05592197584, 0.009666368515], 16);
/** The coefficients times the levels, four of each. */
const factors: usize = memory.data(5 * 16, 16);
/** Below 2^-92 nothing is left of any level, and numbers are still normal. */
const least: usize = memory.data<f32>([-92], 16);

/**
 * Of `columns` scores, a multiple of 8; one that is −Infinity has no level. `scales`: a row's step and least, as in quantize.ts, both of them no
 * numbers where no score is finite or one is none.
 */
export function weighInLevels(out: usize, scores: usize, columns: usize, greatest: f32, scales: usize): void {
  const levels = <f32>levelsFor(columns);
  for (let n: usize = 0; n < 5; n++) v128.store(factors + 16 * n, f32x4.splat(levels * load<f32>(coefficients + 4 * n)));
  const top = f32x4.splat(greatest);
  const rounder = f32x4.splat(ROUNDER);
  const half = f32x4.splat(0.5);
  const low = i32x4.splat(0x1fff);
  const flips = i8x16.splat(mode == DOT_SIGNED ? -128 : 0);
  let odd = f32x4.splat(0);
  let leftA = odd;
  let leftB = odd;
  let sums = i32x4.splat(0);
  for (const end = scores + 4 * columns; scores < end; scores += 32) {
    const a = exponentOf(scores, top);
    const b = exponentOf(scores + 16, top);
    odd = f32x4.add(odd, f32x4.add(a, b));
    let x = levelsOf(a);
    let y = levelsOf(b);
    const smallA = f32x4.lt(x, half);
    const smallB = f32x4.lt(y, half);
    x = f32x4.add(x, v128.and(leftA, smallA));
    y = f32x4.add(y, v128.and(leftB, smallB));
    const roundA = f32x4.add(x, rounder);
    const roundB = f32x4.add(y, rounder);
    leftA = v128.bitselect(f32x4.sub(x, f32x4.sub(roundA, rounder)), leftA, smallA);
    leftB = v128.bitselect(f32x4.sub(y, f32x4.sub(roundB, rounder)), leftB, smallB);
    const pairs = i16x8.narrow_i32x4_s(v128.and(roundA, low), v128.and(roundB, low));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(pairs));
    if (mode == DOT_PLAIN) {
      v128.store(out, pairs);
      out += 16;
    } else {
      v128.store_lane<i64>(out, v128.xor(i8x16.narrow_i16x8_u(pairs, pairs), flips), 0);
      out += 8;
    }
  }
  let step: f32 = 1 / <f32>acrossTotal(sums);
  // Of numbers that are 0 or less, where all are numbers.
  const total = acrossSum(odd);
  if (total != total) step = NaN;
  store<f32>(scales, step);
  // The least is 0, or no number.
  store<f32>(scales, step * 0, 4);
}

/** Four scores less the greatest as powers of 2, held where numbers are normal. */
@inline
function exponentOf(scores: usize, top: v128): v128 {
  const x = f32x4.mul(f32x4.sub(v128.load(scores), top), f32x4.splat(LOG2_E));
  return f32x4.pmax(x, v128.load32_splat(least));
}

/** The power, times the levels. */
@inline
function levelsOf(x: v128): v128 {
  const rounder = f32x4.splat(ROUNDER);
  const turned = f32x4.add(x, rounder);
  const f = f32x4.sub(x, f32x4.sub(turned, rounder));
  let p = plus(v128.load(factors, 48), v128.load(factors, 64), f);
  p = plus(v128.load(factors, 32), p, f);
  p = plus(v128.load(factors, 16), p, f);
  p = plus(v128.load(factors), p, f);
  return i32x4.add(p, i32x4.shl(turned, 23));
}
