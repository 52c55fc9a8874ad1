// From a kernel's sums to floats: y = sum × (step × scale) + least × (scale × sum of the column) + bias.

/** One row's sums of four columns, whose parts of the panel's tail are the first three. `row`: its step and least. */
@inline
export function finish(scale: v128, total: v128, bias: v128, sums: v128, row: usize, out: usize): void {
  const product = f32x4.mul(f32x4.convert_i32x4_s(sums), f32x4.mul(v128.load32_splat(row), scale));
  const shifted = f32x4.add(product, f32x4.mul(v128.load32_splat(row, 4), total));
  v128.store(out, f32x4.add(shifted, bias));
}
