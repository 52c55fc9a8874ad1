// Rows of floats to rows of small integers: x ≈ step × q + least, by the row's own least and greatest, so that no row depends on another.
//
//   scratch | rows × (depth rounded up to 8) elements, bytes or pairs of bytes | rows × { step, least } |
//
// A row that is all the same has step 0. One with an element that is not a number, or too large for its range to be a float, has a step
// and a least that are no numbers: so are all its results.

import { DEPTH_UNIT, DOT_PLAIN, DOT_SIGNED, LINEAR_I8_SCRATCH } from '../command-format';
import { acrossMax, acrossMin } from './lanes';
import { elementBytes, levelsFor, mode } from './mode';

/** See exponential.ts: rounds to even, and leaves the integer in the lowest bits. */
const ROUNDER: f32 = 12582912;
/** Below it, 255 / range could be infinite. Such a row is taken to be all the same. */
const LEAST_RANGE: f32 = 1e-30;

@inline
export function paddedDepth(depth: usize): usize {
  return (depth + DEPTH_UNIT - 1) & ~(DEPTH_UNIT - 1);
}

/** `stride` in bytes. */
export function quantizeRows(scratch: usize, x: usize, stride: usize, rows: usize, depth: usize): void {
  const length = paddedDepth(depth) * elementBytes();
  const levels = <f32>levelsFor(paddedDepth(depth));
  let scales = scratch + rows * length;
  for (let r: usize = 0; r < rows; r++, scratch += length, x += stride, scales += LINEAR_I8_SCRATCH) {
    findRange(x, depth);
    const range = greatest - least;
    let step = range / levels;
    let inverse = levels / range;
    // Also false of no number.
    if (!(range >= LEAST_RANGE)) inverse = 0;
    let base = least;
    if (!(range < Infinity)) {
      step = NaN;
      base = NaN;
    }
    if (mode == DOT_PLAIN) toShorts(scratch, x, depth, base, inverse);
    else toBytes(scratch, x, depth, base, inverse, mode == DOT_SIGNED ? 0x80 : 0);
    store<f32>(scales, step);
    store<f32>(scales, base, 4);
  }
}

let least: f32 = 0;
let greatest: f32 = 0;

/** Where one is no number, so are both. (f32x4.min would see to that by itself, in eight instructions instead of one.) */
function findRange(x: usize, depth: usize): void {
  const end = x + 4 * depth;
  let low: f32 = depth ? load<f32>(x) : 0;
  let high = low;
  if (depth >= 8) {
    // Two of each, which do not wait for one another.
    let lowsA = v128.load(x);
    let lowsB = lowsA;
    let highsA = lowsA;
    let highsB = lowsA;
    let odd = f32x4.ne(lowsA, lowsA);
    for (; x + 32 <= end; x += 32) {
      const a = v128.load(x);
      const b = v128.load(x, 16);
      lowsA = f32x4.pmin(lowsA, a);
      highsA = f32x4.pmax(highsA, a);
      lowsB = f32x4.pmin(lowsB, b);
      highsB = f32x4.pmax(highsB, b);
      odd = v128.or(odd, v128.or(f32x4.ne(a, a), f32x4.ne(b, b)));
    }
    low = acrossMin(f32x4.pmin(lowsA, lowsB));
    high = acrossMax(f32x4.pmax(highsA, highsB));
    if (v128.any_true(odd)) low = high = NaN;
  }
  for (; x < end; x += 4) {
    low = min(low, load<f32>(x));
    high = max(high, load<f32>(x));
  }
  least = low;
  greatest = high;
}

/** Four integers of up to 13 bits. */
@inline
function quantized(x: v128, base: v128, inverse: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(f32x4.sub(x, base), inverse), f32x4.splat(ROUNDER));
  return v128.and(rounded, i32x4.splat(0x1fff));
}

@inline
function quantizedOne(x: usize, base: f32, inverse: f32): i32 {
  return i32x4.extract_lane(quantized(v128.load32_splat(x), f32x4.splat(base), f32x4.splat(inverse)), 0);
}

function toShorts(out: usize, x: usize, depth: usize, base: f32, inverse: f32): void {
  const bases = f32x4.splat(base);
  const inverses = f32x4.splat(inverse);
  const end = x + 4 * depth;
  const outEnd = out + 2 * paddedDepth(depth);
  for (; x + 32 <= end; x += 32, out += 16) {
    const a = quantized(v128.load(x), bases, inverses);
    v128.store(out, i16x8.narrow_i32x4_s(a, quantized(v128.load(x, 16), bases, inverses)));
  }
  for (; x < end; x += 4, out += 2) store<u16>(out, quantizedOne(x, base, inverse));
  memory.fill(out, 0, outEnd - out);
}

/** `flip`: the bits that are turned over. */
function toBytes(out: usize, x: usize, depth: usize, base: f32, inverse: f32, flip: i32): void {
  const bases = f32x4.splat(base);
  const inverses = f32x4.splat(inverse);
  const flips = i8x16.splat(<i8>flip);
  const end = x + 4 * depth;
  const outEnd = out + paddedDepth(depth);
  for (; x + 64 <= end; x += 64, out += 16) {
    const a = quantized(v128.load(x), bases, inverses);
    const b = quantized(v128.load(x, 16), bases, inverses);
    const c = quantized(v128.load(x, 32), bases, inverses);
    const d = quantized(v128.load(x, 48), bases, inverses);
    const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
    v128.store(out, v128.xor(bytes, flips));
  }
  for (; x < end; x += 4, out++) store<u8>(out, quantizedOne(x, base, inverse) ^ flip);
  // Beside weights of 0 it does not matter what stands here, but it should always be the same.
  memory.fill(out, 0, outEnd - out);
}
