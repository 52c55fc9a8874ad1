// The instructions of which machines differ. A file of its own, so that the tests can put another machine's in their place.

/** How a product is made of instructions, as the number of a function type's parameters: see row-count.ts. */
export type AtOnce = (a: i32) => void;
export type InPairs = (a: i32, b: i32) => void;

/**
 * sums[n] + Σ weights[4n + i] × row[4n + i]; exact, where the bytes of the row keep to what `probe` found. x86 without VNNI has no such
 * instruction: V8 makes it of five, two of which make pairs of ones anew each time. In pairs, with these at hand, it is made of three.
 */
@inline
export function dot<M>(weights: v128, row: v128, sums: v128, ones: v128): v128 {
  if (lengthof<M>() == 1) return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, row, sums);
  return i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(weights, row), ones));
}

/** Read from memory, so that they stay in a register. */
@inline
export function onesOf<M>(): v128 {
  return lengthof<M>() == 1 ? i32x4.splat(0) : v128.load(pairsOfOne);
}
const pairsOfOne: usize = memory.data<i16>([1, 1, 1, 1, 1, 1, 1, 1], 16);
