// SOFTMAX, and the weights of attention. The greatest of a row is taken off first. Sums run in eight lanes, element i in lane i % 8, and
// what is behind the end of a row weighs exactly 0: so elements at the end of a row that weigh 0 change no bit of the others. A row
// without any finite element has no weights: they are all NaN.

import { expNegative } from './exponential';
import { acrossMax, acrossSum } from './lanes';

/** A block of eight that is not full. */
const rest: usize = memory.data(32, 16);
const BLOCK: usize = 32;

/** The end of a row, filled up with what weighs nothing. */
function padded(x: usize, bytes: usize): usize {
  const least = f32x4.splat(-Infinity);
  v128.store(rest, least);
  v128.store(rest, least, 16);
  memory.copy(rest, x, bytes);
  return rest;
}

/** The greatest of a row; what is not a number is passed over here, and comes back in the sum. */
export function greatestOf(x: usize, columns: usize): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  const end = x + ((columns * 4) & ~31);
  for (; x < end; x += BLOCK) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
  }
  const left = (columns * 4) & 31;
  if (left) {
    const last = padded(x, left);
    a = f32x4.pmax(a, v128.load(last));
    b = f32x4.pmax(b, v128.load(last, 16));
  }
  return acrossMax(f32x4.pmax(a, b));
}

/** out = e^(x - greatest), which it sums. `out` may be `x`. */
export function weigh(out: usize, x: usize, columns: usize, greatest: f32): f32 {
  const top = f32x4.splat(greatest);
  let a = f32x4.splat(0);
  let b = a;
  const end = x + ((columns * 4) & ~31);
  for (; x < end; x += BLOCK, out += BLOCK) {
    const p = expNegative(f32x4.sub(v128.load(x), top));
    const q = expNegative(f32x4.sub(v128.load(x, 16), top));
    v128.store(out, p);
    v128.store(out, q, 16);
    a = f32x4.add(a, p);
    b = f32x4.add(b, q);
  }
  const left = (columns * 4) & 31;
  if (left) {
    const last = padded(x, left);
    const p = expNegative(f32x4.sub(v128.load(last), top));
    const q = expNegative(f32x4.sub(v128.load(last, 16), top));
    v128.store(last, p);
    v128.store(last, q, 16);
    memory.copy(out, last, left);
    a = f32x4.add(a, p);
    b = f32x4.add(b, q);
  }
  return acrossSum(f32x4.add(a, b));
}

/** `x` by `by`, in place. */
export function divideBy(x: usize, columns: usize, by: f32): void {
  const end = x + 4 * columns;
  const divisor = f32x4.splat(by);
  for (; x + 16 <= end; x += 16) v128.store(x, f32x4.div(v128.load(x), divisor));
  for (; x < end; x += 4) store<f32>(x, load<f32>(x) / by);
}

/** `out` may be `x`. */
export function softmax(out: usize, x: usize, rows: usize, columns: usize, logarithm: bool): void {
  for (let r: usize = 0; r < rows; r++, out += 4 * columns, x += 4 * columns) {
    const greatest = greatestOf(x, columns);
    if (logarithm) {
      lessLogarithm(out, x, columns, greatest);
    } else {
      divideBy(out, columns, weigh(out, x, columns, greatest));
    }
  }
}

/** out = x - greatest - log Σ e^(x - greatest). Nothing is stored before the sum is known: out may be x. */
function lessLogarithm(out: usize, x: usize, columns: usize, greatest: f32): void {
  const sum = Mathf.log(weightOf(x, columns, greatest));
  const end = x + 4 * columns;
  const tops = f32x4.splat(greatest);
  const sums = f32x4.splat(sum);
  for (; x + 16 <= end; x += 16, out += 16) v128.store(out, f32x4.sub(f32x4.sub(v128.load(x), tops), sums));
  for (; x < end; x += 4, out += 4) store<f32>(out, load<f32>(x) - greatest - sum);
}

function weightOf(x: usize, columns: usize, greatest: f32): f32 {
  const top = f32x4.splat(greatest);
  let sum = f32x4.splat(0);
  const end = x + ((columns * 4) & ~15);
  for (; x < end; x += 16) sum = f32x4.add(sum, expNegative(f32x4.sub(v128.load(x), top)));
  const left = (columns * 4) & 15;
  if (left) sum = f32x4.add(sum, expNegative(f32x4.sub(v128.load(padded(x, left)), top)));
  return acrossSum(sum);
}
