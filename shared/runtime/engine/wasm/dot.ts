// The one instruction of which machines differ. A file of its own, so that the tests can put another machine's in its place.

/** sums[n] + Σ weights[4n + i] × row[4n + i]; exact, where the bytes of the row keep to what `probe` found. */
@inline
export function dot(weights: v128, row: v128, sums: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, row, sums);
}
