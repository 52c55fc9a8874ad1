// e to the power of four floats at once: x = n × ln 2 + r, e^r by a polynomial, 2^n by the bits of the exponent. Relative error below
// 2e-7. The polynomial is (e^r - 1 - r) / r², interpolated at Chebyshev's nodes over |r| <= ln 2 / 2. NaN stays NaN.

/** 1.5 × 2^23: what is added to it loses its fraction, rounded to even, and stands in the lowest bits. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;
const ONE_BITS: i32 = 0x3f800000;
const LOWEST: f32 = -87;
const HIGHEST: f32 = 88;

/** x + ROUNDER in units of ln 2: n is in its lowest bits. */
@inline
function rounded(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(ROUNDER));
}

/** e^(x - n × ln 2). The first part of ln 2 has so few bits that its product with n is exact. */
@inline
function fraction(x: v128, turned: v128): v128 {
  const n = f32x4.sub(turned, f32x4.splat(ROUNDER));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693145751953125)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(1.42860682e-6)));
  let p = f32x4.splat(0.001392618359);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.008363179053));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.04166655462));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.1666657699));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  return f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), p), r), f32x4.splat(1));
}

/** e^x, held between e^-87 and e^88: the result has to be a normal number, as 2^n is made in one piece. */
@inline
export function expBounded(x: v128): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, f32x4.splat(LOWEST)), f32x4.splat(HIGHEST));
  const turned = rounded(held);
  return f32x4.mul(fraction(held, turned), i32x4.add(i32x4.shl(turned, 23), i32x4.splat(ONE_BITS)));
}

/** e^x for x that are not over 0. Below e^-87 it is exactly 0: a score that a mask pushes down weighs nothing at all. */
@inline
export function expNegative(x: v128): v128 {
  const held = f32x4.pmax(x, f32x4.splat(LOWEST));
  const turned = rounded(held);
  const power = f32x4.mul(fraction(held, turned), i32x4.add(i32x4.shl(turned, 23), i32x4.splat(ONE_BITS)));
  return v128.andnot(power, f32x4.lt(x, f32x4.splat(LOWEST)));
}

/** e^x for every x, denormal numbers and infinity included: 2^n in two halves. */
@inline
export function exp(x: v128): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const turned = rounded(held);
  const n = i32x4.sub(turned, i32x4.splat(ROUNDER_BITS));
  const half = i32x4.shr_s(n, 1);
  const first = i32x4.add(i32x4.shl(half, 23), i32x4.splat(ONE_BITS));
  const second = i32x4.add(i32x4.shl(i32x4.sub(n, half), 23), i32x4.splat(ONE_BITS));
  return f32x4.mul(f32x4.mul(fraction(held, turned), first), second);
}
