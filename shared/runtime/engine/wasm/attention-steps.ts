// What happens to a row of scores between its products and its weights: times the scale, then the steps of the command. The elements of a
// step's tensor lie side by side, or are one that is repeated; any other stride goes element by element. The first step shares its pass
// over the row with the scale: for most graphs it is the only one.

import { SCORES_ADD, SCORES_MUL } from '../command-format';

export function scaleRow(row: usize, columns: usize, scale: f32): void {
  const scales = f32x4.splat(scale);
  const end = row + 4 * columns;
  for (; row + 16 <= end; row += 16) v128.store(row, f32x4.mul(v128.load(row), scales));
  for (; row < end; row += 4) store<f32>(row, load<f32>(row) * scale);
}

/** row × scale, then a step. `stride` of the tensor in bytes, `fill` the bits of a float. */
export function stepRow(kind: i32, row: usize, columns: usize, scale: f32, x: usize, stride: usize, fill: i32): void {
  if (stride == 4) {
    const end = row + 4 * (columns & ~3);
    if (kind == SCORES_ADD) addRow(row, end, scale, x);
    else if (kind == SCORES_MUL) mulRow(row, end, scale, x);
    else keepRow(row, end, scale, x, fill);
    x += end - row;
    row = end;
    columns &= 3;
  }
  for (; columns > 0; columns--, row += 4, x += stride) {
    const score = load<f32>(row) * scale;
    if (kind == SCORES_ADD) store<f32>(row, score + load<f32>(x));
    else if (kind == SCORES_MUL) store<f32>(row, score * load<f32>(x));
    else if (load<i32>(x)) store<f32>(row, score);
    else store<i32>(row, fill);
  }
}

function addRow(row: usize, end: usize, scale: f32, x: usize): void {
  const scales = f32x4.splat(scale);
  for (; row < end; row += 16, x += 16) v128.store(row, f32x4.add(f32x4.mul(v128.load(row), scales), v128.load(x)));
}

function mulRow(row: usize, end: usize, scale: f32, x: usize): void {
  const scales = f32x4.splat(scale);
  for (; row < end; row += 16, x += 16) v128.store(row, f32x4.mul(f32x4.mul(v128.load(row), scales), v128.load(x)));
}

function keepRow(row: usize, end: usize, scale: f32, x: usize, fill: i32): void {
  const scales = f32x4.splat(scale);
  const fills = i32x4.splat(fill);
  for (; row < end; row += 16, x += 16) {
    const kept = i32x4.ne(v128.load(x), i32x4.splat(0));
    v128.store(row, v128.bitselect(f32x4.mul(v128.load(row), scales), fills, kept));
  }
}
