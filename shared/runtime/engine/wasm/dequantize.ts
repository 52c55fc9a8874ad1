// From a kernel's sums to floats: y = sum × (step × scale) + least × (scale × sum of the column) + bias.

/** Of four columns: their part of the panel's tail is at `tail`, the row's step and least at `scales`. */
@inline
export function finish(sums: v128, tail: usize, scales: usize, out: usize): void {
  const product = f32x4.mul(f32x4.convert_i32x4_s(sums), f32x4.mul(v128.load32_splat(scales), v128.load(tail)));
  const shifted = f32x4.add(product, f32x4.mul(v128.load32_splat(scales, 4), v128.load(tail, 32)));
  v128.store(out, f32x4.add(shifted, v128.load(tail, 64)));
}
