// LINEAR_I4: as LINEAR_I8, of weights in 4 bits. They become bytes some panels at a time, or for a few rows are multiplied as they are.

import { DOT_PLAIN, LINEAR_I8_SCRATCH, PANEL, PANEL_TAIL_I8 } from '../command-format';
import { int4PanelLength, widen } from './int4';
import { int4Tile, sumBlocks } from './int4-kernel';
import { beside, byteRows, groupOf, takeColumns } from './linear';
import { elementBytes, mode } from './mode';
import { paddedDepth, quantizeRows } from './quantize';
import { MOST_INT4_ROWS } from './row-count';
import { activate } from './unary';

const WIDTH: usize = PANEL;
const TAIL: usize = PANEL_TAIL_I8;
const ROW_TAIL: usize = LINEAR_I8_SCRATCH;

/** Strides count elements, as in the command. */
export function linearInt4(
  out: usize, x: usize, weights: usize, rows: usize, columns: usize, depth: usize, stride: usize, strideX: usize,
  activation: i32, scratch: usize,
): void {
  if (!rows || !columns) return;
  quantizeRows(scratch, x, 4 * strideX, rows, depth);
  const padded = paddedDepth(depth);
  const scales = scratch + rows * padded * elementBytes();
  const room = (scales + ROW_TAIL * rows + 15) & ~15;
  if (rows <= MOST_INT4_ROWS && depth && mode != DOT_PLAIN) {
    sumBlocks(room, scratch, rows, padded);
    int4Panels(out, 4 * stride, rows, scratch, room, scales, weights, columns, padded);
    activate(activation, out, rows, columns, 4 * stride);
    return;
  }
  const length = int4PanelLength(padded);
  const group = groupOf(WIDTH * padded + TAIL);
  for (let n: usize = 0; n < columns; n += group, weights += (group / WIDTH) * length) {
    const width = min(group, columns - n);
    widen(room, weights, (width + WIDTH - 1) / WIDTH, padded);
    byteRows(out + 4 * n, 4 * stride, rows, scratch, scales, room, width, padded, activation);
  }
}

/** `stride` in bytes, `sums`: of the rows' blocks. */
function int4Panels(
  out: usize, stride: usize, rows: usize, q: usize, sums: usize, scales: usize, panel: usize, columns: usize, depth: usize,
): void {
  const length = int4PanelLength(depth);
  for (let n: usize = 0; n < columns; n += WIDTH, panel += length) {
    const whole = columns - n >= WIDTH;
    const toStride = whole ? stride : 4 * WIDTH;
    int4Tile(rows, q, sums, depth, panel, scales, whole ? out + 4 * n : beside, toStride);
    if (!whole) takeColumns(out + 4 * n, stride, rows, columns - n);
  }
}
