// e to the power of four floats at once: x = n × ln 2 + r, e^r by a polynomial, 2^n by the bits of the exponent. Relative error below
// 2e-7. The polynomial is (e^r - 1 - r) / r², interpolated at Chebyshev's nodes over |r| <= ln 2 / 2. NaN stays NaN.
//
// Constants stand in memory here and in activations.ts: read, a vector of four is one instruction; written out, V8 makes it from an integer
// in three, each time that it is used.

import { minus, plus } from './multiply-add';

/** 1.5 × 2^23: what is added to it loses its fraction, rounded to even, and stands in the lowest bits. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;

/** log2 e; the rounder; ln 2 in two parts, the first of so few bits that its product with n is exact; five coefficients; 1. */
const constants: usize = memory.data<f32>(
  [
    1.44269504, ROUNDER, 0.693145751953125, 1.42860682e-6, 0.001392618359, 0.008363179053, 0.04166655462, 0.1666657699, 0.5, 1,
  ],
  16,
);
/** What is below `expNegative`'s arguments of weight, and the ends of what `expBounded` and `exp` reach. */
const bounds: usize = memory.data<f32>([-64, -87, 88, -104, 89], 16);

@inline
function one(): v128 {
  return v128.load32_splat(constants, 36);
}

/** x + ROUNDER in units of ln 2: n is in its lowest bits. */
@inline
function rounded(x: v128): v128 {
  return plus(v128.load32_splat(constants, 4), x, v128.load32_splat(constants));
}

/** e^(x - n × ln 2). */
@inline
function fraction(x: v128, turned: v128): v128 {
  const n = f32x4.sub(turned, v128.load32_splat(constants, 4));
  let r = minus(x, n, v128.load32_splat(constants, 8));
  r = minus(r, n, v128.load32_splat(constants, 12));
  let p = plus(v128.load32_splat(constants, 20), v128.load32_splat(constants, 16), r);
  p = plus(v128.load32_splat(constants, 24), p, r);
  p = plus(v128.load32_splat(constants, 28), p, r);
  p = plus(v128.load32_splat(constants, 32), p, r);
  return f32x4.add(plus(r, f32x4.mul(r, r), p), one());
}

/** 2^n for what gives a normal number: the bits of 1, n higher in its exponent. */
@inline
function power(turned: v128): v128 {
  return i32x4.add(i32x4.shl(turned, 23), one());
}

/** e^x, held between e^-87 and e^88, as 2^n is made in one piece. */
@inline
export function expBounded(x: v128): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, v128.load32_splat(bounds, 4)), v128.load32_splat(bounds, 8));
  const turned = rounded(held);
  return f32x4.mul(fraction(held, turned), power(turned));
}

/**
 * e^x for x that are not over 0. Below e^-64 = 1.6e-28 it is exactly 0: a score that a mask pushes down weighs nothing at all, and what
 * no sum of floats would notice beside 1 does not give products that are denormal, and slow.
 */
@inline
export function expNegative(x: v128): v128 {
  const least = v128.load32_splat(bounds);
  const held = f32x4.pmax(x, least);
  const turned = rounded(held);
  return v128.andnot(f32x4.mul(fraction(held, turned), power(turned)), f32x4.lt(x, least));
}

/** e^x for every x, denormal numbers and infinity included: 2^n in two halves. */
@inline
export function exp(x: v128): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, v128.load32_splat(bounds, 12)), v128.load32_splat(bounds, 16));
  const turned = rounded(held);
  const n = i32x4.sub(turned, i32x4.splat(ROUNDER_BITS));
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(fraction(held, turned), power(half)), power(i32x4.sub(n, half)));
}
