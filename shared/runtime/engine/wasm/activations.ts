// The smooth functions, four floats at once. Absolute errors are for results of the size of 1; NaN stays NaN.

import { exp, expBounded, expNegative } from './exponential';

/** 1 / (1 + e^-x), relative error below 4e-7. */
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), expBounded(f32x4.neg(x))));
}

@inline
export function silu(x: v128): v128 {
  return f32x4.mul(x, sigmoid(x));
}

/** x / 2 × (1 + tanh u), u = √(2/π) × (x + 0.044715 x³), which is x × sigmoid(2u). */
@inline
export function geluTanh(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(f32x4.mul(x, x), x), f32x4.splat(0.0713548163));
  return f32x4.mul(x, sigmoid(f32x4.add(cube, f32x4.mul(x, f32x4.splat(1.59576912)))));
}

/**
 * x × Φ(x) = max(x, 0) - t × Φ(-t), t = |x|, so nothing large is taken from anything large. Φ(-t) is a polynomial in t / 2.75 - 1, interpolated
 * at Chebyshev's nodes over t <= 5.5, where t × Φ(-t) is 1e-7; from there on it stays. Absolute error below 2e-7, and 0 at 0.
 */
@inline
export function geluErf(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), f32x4.splat(5.5));
  const s = f32x4.sub(f32x4.mul(t, f32x4.splat(0.363636364)), f32x4.splat(1));
  let p = f32x4.splat(0.000925183851);
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.00690232291));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(0.00287287506));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(0.0341732622));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.041262456));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.0538967475));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(0.132542476));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.0320909264));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.163216418));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(0.217581842));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.0512662299));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.177042064));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(0.271865539));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.206815098));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(0.0945592937));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.0250079701));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(0.00297976324));
  return f32x4.sub(f32x4.pmax(x, f32x4.splat(0)), f32x4.mul(t, p));
}

/** (1 - e^-2t) / (1 + e^-2t), t = |x|; below 0.625, where that loses digits, a polynomial. Relative error below 4e-7. */
@inline
export function tanh(x: v128): v128 {
  const t = f32x4.abs(x);
  const power = expNegative(f32x4.mul(t, f32x4.splat(-2)));
  const large = f32x4.div(f32x4.sub(f32x4.splat(1), power), f32x4.add(f32x4.splat(1), power));
  const z = f32x4.mul(t, t);
  let p = f32x4.splat(-0.006096714166);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.020997179));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.05385090958));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.1333276974));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.3333332894));
  const small = f32x4.add(t, f32x4.mul(f32x4.mul(t, z), p));
  const size = v128.bitselect(small, large, f32x4.lt(t, f32x4.splat(0.625)));
  return v128.or(size, v128.and(x, i32x4.splat(0x80000000)));
}

/** x × P(x²) / Q(x²), interpolated over |x| <= 3.92, from where on it is 1 in floats. Relative error below 4e-7. */
@inline
export function erf(x: v128): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-3.92)), f32x4.splat(3.92));
  const z = f32x4.mul(held, held);
  let p = f32x4.splat(-1.498602386e-8);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(5.051744774e-6));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.0003918728026));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.003823983233));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.05441671359));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.1835968116));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.128379191));
  let q = f32x4.splat(6.657647196e-5);
  q = f32x4.add(f32x4.mul(q, z), f32x4.splat(0.001318729541));
  q = f32x4.add(f32x4.mul(q, z), f32x4.splat(0.01545480976));
  q = f32x4.add(f32x4.mul(q, z), f32x4.splat(0.1135711298));
  q = f32x4.add(f32x4.mul(q, z), f32x4.splat(0.4960422));
  q = f32x4.add(f32x4.mul(q, z), f32x4.splat(1));
  return f32x4.div(f32x4.mul(held, p), q);
}

export { exp };
