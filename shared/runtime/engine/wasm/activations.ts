// The smooth functions, four floats at once. Absolute errors are for results of the size of 1; NaN stays NaN.

import { exp, expBounded, expNegative } from './exponential';
import { plus } from './multiply-add';

/** 1, and the end of what `expBounded` reaches. */
const sigmoids: usize = memory.data<f32>([1, -87], 16);

/** 1 / (1 + e^-x), relative error below 4e-7. Below -87 it is exactly 0: times an x of any size it is nothing. */
@inline
export function sigmoid(x: v128): v128 {
  const one = v128.load32_splat(sigmoids);
  const value = f32x4.div(one, f32x4.add(one, expBounded(f32x4.neg(x))));
  return v128.andnot(value, f32x4.lt(x, v128.load32_splat(sigmoids, 4)));
}

/** Of -Infinity it is no number, as -Infinity × 0 is, and so is that of geluTanh: PyTorch's are none, too. */
@inline
export function silu(x: v128): v128 {
  return f32x4.mul(x, sigmoid(x));
}

/** 2√(2/π) × 0.044715, and 2√(2/π). */
const cubic: usize = memory.data<f32>([0.0713548163, 1.59576912], 16);

/** x / 2 × (1 + tanh u), u = √(2/π) × (x + 0.044715 x³), which is x × sigmoid(2u). */
@inline
export function geluTanh(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(f32x4.mul(x, x), x), v128.load32_splat(cubic));
  return f32x4.mul(x, sigmoid(plus(cube, x, v128.load32_splat(cubic, 4))));
}

/** End of t, 2 over it, 1, 0; then what belongs to even powers of s, and to odd ones, the highest first. */
const phi: usize = memory.data<f32>(
  [
    5.7, 0.350877196, 1, 0,
    0.00641149678, -0.0374879677, 0.0873179938, -0.0719462897, -0.072772294, 0.149145405, 0.0621457656, 0.00218597189,
    -0.00438599838, 0.0178609367, -0.0146929314, -0.0547059089, 0.144087135, -0.0690556335, -0.126706102, -0.017401502,
  ],
  16,
);

/**
 * x × Φ(x) = max(x, 0) - t × Φ(-t), t = |x|, so nothing large is taken from anything large. Φ(-t) is (1 - s) × a polynomial in s = t /
 * 2.85 - 1, interpolated at Chebyshev's nodes over t <= 5.7, from where on it is 0. Its even and odd powers are two chains that do not
 * wait for one another. Absolute error below 2e-7, and 0 at 0.
 */
@inline
export function geluErf(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), v128.load32_splat(phi));
  const s = f32x4.sub(f32x4.mul(t, v128.load32_splat(phi, 4)), v128.load32_splat(phi, 8));
  const z = f32x4.mul(s, s);
  let even = v128.load32_splat(phi, 16);
  even = plus(v128.load32_splat(phi, 20), even, z);
  even = plus(v128.load32_splat(phi, 24), even, z);
  even = plus(v128.load32_splat(phi, 28), even, z);
  even = plus(v128.load32_splat(phi, 32), even, z);
  even = plus(v128.load32_splat(phi, 36), even, z);
  even = plus(v128.load32_splat(phi, 40), even, z);
  even = plus(v128.load32_splat(phi, 44), even, z);
  let odd = v128.load32_splat(phi, 48);
  odd = plus(v128.load32_splat(phi, 52), odd, z);
  odd = plus(v128.load32_splat(phi, 56), odd, z);
  odd = plus(v128.load32_splat(phi, 60), odd, z);
  odd = plus(v128.load32_splat(phi, 64), odd, z);
  odd = plus(v128.load32_splat(phi, 68), odd, z);
  odd = plus(v128.load32_splat(phi, 72), odd, z);
  odd = plus(v128.load32_splat(phi, 76), odd, z);
  const p = plus(even, odd, s);
  const tail = f32x4.mul(f32x4.mul(t, f32x4.sub(v128.load32_splat(phi, 8), s)), p);
  return f32x4.sub(f32x4.pmax(x, v128.load32_splat(phi, 12)), tail);
}

const tanhs: usize = memory.data<f32>(
  [-2, 1, -0.006096714166, 0.020997179, -0.05385090958, 0.1333276974, -0.3333332894, 0.625],
  16,
);

/** (1 - e^-2t) / (1 + e^-2t), t = |x|; below 0.625, where that loses digits, a polynomial. Relative error below 4e-7. */
@inline
export function tanh(x: v128): v128 {
  const t = f32x4.abs(x);
  const power = expNegative(f32x4.mul(t, v128.load32_splat(tanhs)));
  const large = f32x4.div(f32x4.sub(v128.load32_splat(tanhs, 4), power), f32x4.add(v128.load32_splat(tanhs, 4), power));
  const z = f32x4.mul(t, t);
  let p = v128.load32_splat(tanhs, 8);
  p = plus(v128.load32_splat(tanhs, 12), p, z);
  p = plus(v128.load32_splat(tanhs, 16), p, z);
  p = plus(v128.load32_splat(tanhs, 20), p, z);
  p = plus(v128.load32_splat(tanhs, 24), p, z);
  const small = plus(t, f32x4.mul(t, z), p);
  const size = v128.bitselect(small, large, f32x4.lt(t, v128.load32_splat(tanhs, 28)));
  return v128.or(size, v128.and(x, i32x4.splat(0x80000000)));
}

/** Ends of x, then P and Q, the highest first. */
const erfs: usize = memory.data<f32>(
  [
    -3.92, 3.92,
    -1.498602386e-8, 5.051744774e-6, 0.0003918728026, 0.003823983233, 0.05441671359, 0.1835968116, 1.128379191,
    6.657647196e-5, 0.001318729541, 0.01545480976, 0.1135711298, 0.4960422, 1,
  ],
  16,
);

/** x × P(x²) / Q(x²), interpolated over |x| <= 3.92, from where on it is 1 in floats. Relative error below 4e-7. */
@inline
export function erf(x: v128): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, v128.load32_splat(erfs)), v128.load32_splat(erfs, 4));
  const z = f32x4.mul(held, held);
  let p = v128.load32_splat(erfs, 8);
  p = plus(v128.load32_splat(erfs, 12), p, z);
  p = plus(v128.load32_splat(erfs, 16), p, z);
  p = plus(v128.load32_splat(erfs, 20), p, z);
  p = plus(v128.load32_splat(erfs, 24), p, z);
  p = plus(v128.load32_splat(erfs, 28), p, z);
  p = plus(v128.load32_splat(erfs, 32), p, z);
  let q = v128.load32_splat(erfs, 36);
  q = plus(v128.load32_splat(erfs, 40), q, z);
  q = plus(v128.load32_splat(erfs, 44), q, z);
  q = plus(v128.load32_splat(erfs, 48), q, z);
  q = plus(v128.load32_splat(erfs, 52), q, z);
  q = plus(v128.load32_splat(erfs, 56), q, z);
  return f32x4.div(f32x4.mul(held, p), q);
}

export { exp };
