// Matrices to panels of eight columns, [depth][8], the last one filled up with 0.

import { PANEL } from '../command-format';
import { transpose } from './transpose';

const WIDTH: usize = PANEL;
const PANEL_BYTES: usize = 4 * PANEL;

/** Of a matrix whose columns lie side by side: [depth][columns]. `stride` in bytes. */
export function packRows(panel: usize, b: usize, stride: usize, depth: usize, columns: usize): void {
  for (let n: usize = 0; n < columns; n += WIDTH, b += PANEL_BYTES) {
    const whole = columns - n >= WIDTH;
    let from = b;
    for (let k: usize = 0; k < depth; k++, from += stride, panel += PANEL_BYTES) {
      if (whole) {
        v128.store(panel, v128.load(from));
        v128.store(panel, v128.load(from, 16), 16);
      } else {
        clearPanel(panel, 1);
        for (let c = n; c < columns; c++) store<u32>(panel + 4 * (c - n), load<u32>(from + 4 * (c - n)));
      }
    }
  }
}

/** Of a matrix that is turned over: [columns][depth]. */
export function packColumns(panel: usize, b: usize, stride: usize, depth: usize, columns: usize): void {
  for (let n: usize = 0; n < columns; n += WIDTH, b += WIDTH * stride, panel += PANEL_BYTES * depth) {
    const width = min(WIDTH, columns - n);
    if (width < WIDTH) clearPanel(panel, depth);
    transpose(panel, PANEL_BYTES, b, stride, depth, width);
  }
}

function clearPanel(panel: usize, depth: usize): void {
  memory.fill(panel, 0, PANEL_BYTES * depth);
}
