// sums + x × y, and sums - x × y. Rounded once on machines that have it so, which are x86 with FMA3 (servers since 2013) and every 64-bit Arm:
// there the results have the same bits. On others they are rounded twice, and differ in the last ones.

@inline
export function plus(sums: v128, x: v128, y: v128): v128 {
  return f32x4.relaxed_madd(x, y, sums);
}

/** From sums. */
@inline
export function minus(sums: v128, x: v128, y: v128): v128 {
  return f32x4.relaxed_nmadd(x, y, sums);
}

/** Of one number, by the same instruction: a scalar one would be rounded twice. */
@inline
export function plusOne(sum: f32, x: f32, y: f32): f32 {
  return f32x4.extract_lane(plus(f32x4.splat(sum), f32x4.splat(x), f32x4.splat(y)), 0);
}
