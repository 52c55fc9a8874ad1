// REDUCE over one axis, floats. Where the axis is the last, four partial results are held side by side and joined at the end; where it is
// not, rows are joined one after another.

import { GREATEST, LEAST, MEAN, PRODUCT, SUM } from '../command-format';

@inline
function startOf(operation: i32): f32 {
  if (operation == GREATEST) return -Infinity;
  if (operation == LEAST) return Infinity;
  return operation == PRODUCT ? 1 : 0;
}

@inline
function join(operation: i32, x: v128, y: v128): v128 {
  if (operation == GREATEST) return f32x4.max(x, y);
  if (operation == LEAST) return f32x4.min(x, y);
  return operation == PRODUCT ? f32x4.mul(x, y) : f32x4.add(x, y);
}

/** False for an operation that is not known. */
export function reduce(operation: i32, out: usize, x: usize, outer: usize, size: usize, inner: usize): bool {
  switch (operation) {
    case SUM:
    case MEAN:
      reduceBy(SUM, out, x, outer, size, inner);
      if (operation == MEAN) divide(out, outer * inner, <f32>size);
      return true;
    case GREATEST: reduceBy(GREATEST, out, x, outer, size, inner); return true;
    case LEAST: reduceBy(LEAST, out, x, outer, size, inner); return true;
    case PRODUCT: reduceBy(PRODUCT, out, x, outer, size, inner); return true;
    default: return false;
  }
}

function divide(out: usize, count: usize, by: f32): void {
  for (const end = out + 4 * count; out < end; out += 4) store<f32>(out, load<f32>(out) / by);
}

@inline
function reduceBy(operation: i32, out: usize, x: usize, outer: usize, size: usize, inner: usize): void {
  const row = inner * 4;
  for (let o: usize = 0; o < outer; o++, out += row, x += size * row) {
    if (inner == 1) {
      store<f32>(out, alongRow(operation, x, size));
      continue;
    }
    let i: usize = 0;
    for (; i + 4 <= inner; i += 4) {
      let sum = f32x4.splat(startOf(operation));
      for (let n: usize = 0, at = x + 4 * i; n < size; n++, at += row) sum = join(operation, sum, v128.load(at));
      v128.store(out + 4 * i, sum);
    }
    for (; i < inner; i++) {
      let sum = f32x4.splat(startOf(operation));
      for (let n: usize = 0, at = x + 4 * i; n < size; n++, at += row) sum = join(operation, sum, v128.load32_splat(at));
      store<f32>(out + 4 * i, f32x4.extract_lane(sum, 0));
    }
  }
}

@inline
function alongRow(operation: i32, x: usize, size: usize): f32 {
  const end = x + 4 * size;
  let sum = f32x4.splat(startOf(operation));
  for (; x + 16 <= end; x += 16) sum = join(operation, sum, v128.load(x));
  // Halves, then neighbours.
  sum = join(operation, sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  sum = join(operation, sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2));
  for (; x < end; x += 4) sum = join(operation, sum, v128.load32_splat(x));
  return f32x4.extract_lane(sum, 0);
}
