// Comparing tensors, and the functions that the engine approximates, in 64 bits.

import { expect } from 'vitest';

/** Every element within absolute + relative × its size; NaN and infinity as they are. */
export function expectClose(
  actual: Float32Array,
  expected: ArrayLike<number>,
  { absolute = 1e-6, relative = 1e-6, what = '' } = {},
): void {
  expect(actual.length, what).toBe(expected.length);
  for (const [i, value] of actual.entries()) {
    const judge = expected[i] ?? Number.NaN;
    if (Object.is(value, judge) || (Number.isNaN(value) && Number.isNaN(judge)) || value === Math.fround(judge))
      continue;
    const error = Math.abs(value - judge);
    if (!(error <= absolute + relative * Math.abs(judge))) {
      expect.fail(`${what} [${i}]: ${value} is not ${judge}, error ${error}`);
    }
  }
}

/** erf by its series, beyond 3 by the continued fraction of erfc: 1e-14. */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (t > 6) return Math.sign(x);
  if (t < 3) {
    let term = t;
    let sum = t;
    for (let n = 1; n < 100; n++) {
      term *= -(t * t) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = t;
  for (let n = 80; n > 0; n--) fraction = t + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-t * t) / (fraction * Math.sqrt(Math.PI)));
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const gelu = (x: number): number => (x / 2) * (1 + erf(x / Math.SQRT2));
export const geluTanh = (x: number): number =>
  (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** Round to the nearest, halves to the even one. */
export function roundEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}
