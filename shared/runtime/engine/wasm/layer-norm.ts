// LAYER_NORM: two passes over a row, the mean before the variance, so that a row far from 0 loses no digits.

import { acrossSum } from './lanes';

const zero: usize = memory.data(16, 16);
const one: usize = memory.data<f32>([1, 1, 1, 1], 16);

export function layerNorm(
  out: usize, x: usize, added: usize, sum: usize, scale: usize, shift: usize, rows: usize, columns: usize, epsilon: f32, rms: bool,
): void {
  const length = columns * 4;
  for (let r: usize = 0; r < rows; r++, out += length, x += length) {
    let row = x;
    if (added) {
      // Where the sum is not wanted, it lies in out until it is normalized.
      row = sum ? sum : out;
      addRows(row, x, added, columns);
      added += length;
    } else if (sum && sum != x) {
      memory.copy(sum, x, length);
    }
    if (sum) sum += length;
    const mean: f32 = rms ? 0 : totalOf(row, columns) / <f32>columns;
    const variance = squaresOf(row, columns, mean) / <f32>columns;
    normalize(out, row, columns, mean, 1 / Mathf.sqrt(variance + epsilon), scale, shift);
  }
}

function addRows(out: usize, x: usize, y: usize, columns: usize): void {
  const end = out + 4 * columns;
  for (; out + 16 <= end; out += 16, x += 16, y += 16) v128.store(out, f32x4.add(v128.load(x), v128.load(y)));
  for (; out < end; out += 4, x += 4, y += 4) store<f32>(out, load<f32>(x) + load<f32>(y));
}

function totalOf(x: usize, columns: usize): f32 {
  const end = x + 4 * columns;
  let a = f32x4.splat(0);
  let b = a;
  for (; x + 32 <= end; x += 32) {
    a = f32x4.add(a, v128.load(x));
    b = f32x4.add(b, v128.load(x, 16));
  }
  let total = acrossSum(f32x4.add(a, b));
  for (; x < end; x += 4) total += load<f32>(x);
  return total;
}

function squaresOf(x: usize, columns: usize, mean: f32): f32 {
  const end = x + 4 * columns;
  const means = f32x4.splat(mean);
  let a = f32x4.splat(0);
  let b = a;
  for (; x + 32 <= end; x += 32) {
    const p = f32x4.sub(v128.load(x), means);
    const q = f32x4.sub(v128.load(x, 16), means);
    a = f32x4.add(a, f32x4.mul(p, p));
    b = f32x4.add(b, f32x4.mul(q, q));
  }
  let total = acrossSum(f32x4.add(a, b));
  for (; x < end; x += 4) total += (load<f32>(x) - mean) * (load<f32>(x) - mean);
  return total;
}

function normalize(out: usize, x: usize, columns: usize, mean: f32, factor: f32, scale: usize, shift: usize): void {
  // What is not given is four equal floats that are read again and again.
  const scaleStep: usize = scale ? 4 : 0;
  const shiftStep: usize = shift ? 4 : 0;
  if (!scale) scale = one;
  if (!shift) shift = zero;
  const means = f32x4.splat(mean);
  const factors = f32x4.splat(factor);
  const end = x + 4 * columns;
  for (; x + 16 <= end; x += 16, out += 16, scale += 4 * scaleStep, shift += 4 * shiftStep) {
    const y = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x), means), factors), v128.load(scale));
    v128.store(out, f32x4.add(y, v128.load(shift)));
  }
  for (; x < end; x += 4, out += 4, scale += scaleStep, shift += shiftStep) {
    store<f32>(out, (load<f32>(x) - mean) * factor * load<f32>(scale) + load<f32>(shift));
  }
}
