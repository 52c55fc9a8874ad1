// Takes the place of shared/runtime/engine/wasm/dot.ts in a module for the tests: what each kind of machine makes of the relaxed dot
// product, in instructions that are the same on all of them; and what this one makes of a relaxed multiply-add. Compiled by asc, see global-setup.ts.

/** A DOT_ code: unsigned bytes, the same with sums of pairs that saturate, signed bytes and sums of pairs that wrap; or 7 bits of each byte. */
let machine: i32 = 4;

export function setMachine(to: i32): void {
  machine = to;
}

export type AtOnce = (a: i32) => void;
export type InPairs = (a: i32, b: i32) => void;

export function onesOf<_M>(): v128 {
  return i32x4.splat(0);
}

export function dot<_M>(weights: v128, bytes: v128, sums: v128, _ones: v128): v128 {
  const row = machine === 1 ? v128.and(bytes, i8x16.splat(127)) : bytes;
  const low = i16x8.extend_low_i8x16_s(weights);
  const high = i16x8.extend_high_i8x16_s(weights);
  const isSigned = machine === 2;
  const rowLow = isSigned ? i16x8.extend_low_i8x16_s(row) : i16x8.extend_low_i8x16_u(row);
  const rowHigh = isSigned ? i16x8.extend_high_i8x16_s(row) : i16x8.extend_high_i8x16_u(row);
  if (machine === 0)
    return i32x4.add(sums, neighbours(i32x4.dot_i16x8_s(low, rowLow), i32x4.dot_i16x8_s(high, rowHigh)));
  // Each product fits 16 bits; so does the sum of two, held within them or wrapped.
  const first = i16x8.mul(low, rowLow);
  const second = i16x8.mul(high, rowHigh);
  const even = v128.shuffle<i16>(first, second, 0, 2, 4, 6, 8, 10, 12, 14);
  const odd = v128.shuffle<i16>(first, second, 1, 3, 5, 7, 9, 11, 13, 15);
  const pairs = isSigned ? i16x8.add(even, odd) : i16x8.add_sat_s(even, odd);
  return i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(pairs));
}

/** Sums of two lanes side by side. */
function neighbours(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

/** What a relaxed multiply-add makes of x² - y in this machine: (1 + 2^-12)² less 1 + 2^-11 is 2^-24 if it is rounded once, and else 0. */
export function squareLess(x: f32, y: f32): f32 {
  return f32x4.extract_lane(f32x4.relaxed_madd(f32x4.splat(x), f32x4.splat(x), f32x4.splat(-y)), 0);
}
