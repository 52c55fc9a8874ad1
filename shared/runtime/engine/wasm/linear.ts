// LINEAR_I8 and LINEAR_F32: rows times weights that lie in panels of eight columns. Panels are the outer loop, so that each byte of the
// weights comes from memory once; for each panel come all rows, up to six at a time. The last panel may have fewer than eight columns: its
// tiles are made beside, and what belongs to the tensor is copied. The activation follows as soon as some panels are done.

import { DOT_PLAIN, PANEL, PANEL_TAIL_F32, PANEL_TAIL_I8 } from '../command-format';
import { dotTile } from './dot-kernel';
import { floatRow, floatTile, zeros } from './float-kernel';
import { elementBytes, mode } from './mode';
import { plainTile } from './plain-kernel';
import { paddedDepth, quantizeRows } from './quantize';
import { MOST_BYTE_ROWS, MOST_FLOAT_ROWS, nextHeight } from './row-count';
import { activate } from './unary';

/** Tile of the last panel. */
export const beside: usize = memory.data(4 * 8 * 6, 16);
const WIDTH: usize = PANEL;
const PANEL_BYTES: usize = 4 * PANEL;
const TAIL_I8: usize = PANEL_TAIL_I8;
/** Columns after which their activation follows. */
const GROUP: usize = 64;
/** Of weights that stay in the innermost cache beside the rows. */
const GROUP_BYTES: usize = 32768;

/** Copies `columns` < 8 of each of `height` rows from `beside`. */
export function takeColumns(out: usize, stride: usize, height: usize, columns: usize): void {
  for (let r: usize = 0; r < height; r++) memory.copy(out + r * stride, beside + r * PANEL_BYTES, 4 * columns);
}

/** Strides count elements, as in the command. */
export function linearBytes(
  out: usize, x: usize, weights: usize, rows: usize, columns: usize, depth: usize, stride: usize, strideX: usize,
  activation: i32, scratch: usize,
): void {
  if (!rows || !columns) return;
  quantizeRows(scratch, x, 4 * strideX, rows, depth);
  const padded = paddedDepth(depth);
  const scales = scratch + rows * padded * elementBytes();
  const panelLength = WIDTH * padded + TAIL_I8;
  const group = groupOf(panelLength);
  for (let n: usize = 0; n < columns; n += group, weights += (group / WIDTH) * panelLength) {
    byteRows(out + 4 * n, 4 * stride, rows, scratch, scales, weights, min(group, columns - n), padded, activation);
  }
}

/**
 * Columns that some rows are taken through before the next rows: as many as keep their weights near, and whole lines of the cache in
 * out; and no more panels than WIDENED.
 */
@inline
export function groupOf(panelLength: usize): usize {
  return panelLength > GROUP_BYTES / 4 ? 2 * WIDTH : panelLength > GROUP_BYTES / 8 ? 4 * WIDTH : 8 * WIDTH;
}

/** Quantized rows times panels: of both so few that they stay near. `stride` in bytes, `depth` a multiple of 8. */
export function byteRows(
  out: usize, stride: usize, rows: usize, q: usize, scales: usize, panels: usize, columns: usize, depth: usize,
  activation: i32,
): void {
  const length = depth * elementBytes();
  for (let r: usize = 0; r < rows; ) {
    const height = nextHeight(rows - r, mostRows(depth));
    const to = out + r * stride;
    bytePanels(to, stride, height, q + r * length, scales + 8 * r, panels, columns, depth);
    activate(activation, to, height, columns, stride);
    r += height;
  }
}

@inline
function mostRows(depth: usize): usize {
  return mode == DOT_PLAIN || !depth ? MOST_FLOAT_ROWS : MOST_BYTE_ROWS;
}

/** The rows of one tile, panel by panel. */
function bytePanels(
  out: usize, stride: usize, height: usize, q: usize, scales: usize, panel: usize, columns: usize, depth: usize,
): void {
  const plain = mode == DOT_PLAIN;
  for (let n: usize = 0; n < columns; n += WIDTH, panel += WIDTH * depth + TAIL_I8) {
    const whole = columns - n >= WIDTH;
    const to = whole ? out + 4 * n : beside;
    const toStride = whole ? stride : PANEL_BYTES;
    if (!depth) floatTile(height, q, 0, 0, 0, 0, panel + 64, to, toStride);
    else if (plain) plainTile(height, q, depth, panel, scales, to, toStride);
    else dotTile(height, q, depth, panel, scales, to, toStride);
    if (!whole) takeColumns(out + 4 * n, stride, height, columns - n);
  }
}

export function linearFloats(
  out: usize, x: usize, weights: usize, rows: usize, columns: usize, depth: usize, stride: usize, strideX: usize,
  activation: i32,
): void {
  for (let done: usize = 0; done < columns; done += GROUP) {
    const group = min(GROUP, columns - done);
    floatPanels(out, 4 * stride, x, 4 * strideX, rows, weights, group, depth, PANEL_TAIL_F32);
    activate(activation, out, rows, group, 4 * stride);
    out += 4 * GROUP;
    weights += (GROUP / WIDTH) * (PANEL_BYTES * depth + PANEL_TAIL_F32);
  }
}

/** Panels [depth][8], each followed by `tail` bytes: what its sums begin with, or nothing. Strides in bytes. */
export function floatPanels(
  out: usize, stride: usize, a: usize, strideA: usize, rows: usize, panel: usize, columns: usize, depth: usize, tail: usize,
): void {
  const length = PANEL_BYTES * depth + tail;
  let n: usize = 0;
  if (rows == 1) {
    for (; n + 4 * WIDTH <= columns; n += 4 * WIDTH, panel += 4 * length) {
      const starts = tail ? panel + PANEL_BYTES * depth : zeros;
      floatRow(a, depth, panel, PANEL_BYTES, length, starts, tail ? length : 0, out + 4 * n);
    }
  }
  for (; n < columns; n += WIDTH, panel += length) {
    const whole = columns - n >= WIDTH;
    const starts = tail ? panel + PANEL_BYTES * depth : zeros;
    let from = a;
    let to = out + 4 * n;
    for (let left = rows; left > 0; ) {
      const height = nextHeight(left, MOST_FLOAT_ROWS);
      floatTile(height, from, strideA, depth, panel, PANEL_BYTES, starts, whole ? to : beside, whole ? stride : PANEL_BYTES);
      if (!whole) takeColumns(to, stride, height, columns - n);
      from += height * strideA;
      to += height * stride;
      left -= height;
    }
  }
}
