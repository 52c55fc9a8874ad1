// MATMUL: products of matrices that are both computed. b is put in panels first, unless it is that already as far as a kernel can tell:
// few rows, and columns side by side. Every sum runs over `inner` from its start, so an element is the same whichever way is taken.

import { MAX_RANK, PANEL } from '../command-format';
import { floatRow, floatTile, zeros } from './float-kernel';
import { floatPanels } from './linear';
import { packColumns, packRows } from './pack';
import { MOST_FLOAT_ROWS, nextHeight } from './row-count';
import { advance, first, rank, second, startAt, startWalk } from './strided';

/** Up to here, putting b in panels costs more than it saves. */
const FEW_ROWS: usize = 12;

/** Strides count elements, as in the command; `batch`: size × rank, then the strides of a and of b. */
export function matmul(
  out: usize, a: usize, b: usize, scratch: usize, rows: usize, columns: usize, inner: usize, turned: bool,
  strideA: usize, strideB: usize, batchRank: i32, batch: usize,
): void {
  if (!startWalk(sorted(batch, batchRank), batchRank, 2)) return;
  startAt(a, b, 0);
  const direct = !turned && rows <= FEW_ROWS;
  let packed: usize = 0;
  do {
    if (direct) {
      directly(out, first, second, scratch, rows, columns, inner, 4 * strideA, 4 * strideB);
    } else {
      if (packed != second) {
        if (turned) packColumns(scratch, second, 4 * strideB, inner, columns);
        else packRows(scratch, second, 4 * strideB, inner, columns);
        packed = second;
      }
      floatPanels(out, 4 * columns, first, 4 * strideA, rows, scratch, columns, inner, 0);
    }
    out += 4 * rows * columns;
  } while (advance(rank));
}

/** The batch comes as (size, stride of a, stride of b) for each dimension; a walk reads sizes, then strides. */
function sorted(batch: usize, dimensions: i32): usize {
  for (let d = 0; d < dimensions; d++) {
    for (let i = 0; i < 3; i++) store<i32>(walk + 4 * (i * dimensions + d), load<i32>(batch + 4 * (3 * d + i)));
  }
  return walk;
}
const walk: usize = memory.data(4 * 3 * MAX_RANK, 16);

/** The columns of b that are no whole panel are the only ones that are moved. */
function directly(
  out: usize, a: usize, b: usize, scratch: usize, rows: usize, columns: usize, inner: usize, strideA: usize, strideB: usize,
): void {
  const whole = columns & ~(PANEL - 1);
  let n: usize = 0;
  if (rows == 1) {
    for (; n + 4 * PANEL <= whole; n += 4 * PANEL) floatRow(a, inner, b + 4 * n, strideB, 4 * PANEL, zeros, 0, out + 4 * n);
  }
  for (; n < whole; n += PANEL) {
    let from = a;
    let to = out + 4 * n;
    for (let left = rows; left > 0; ) {
      const height = nextHeight(left, MOST_FLOAT_ROWS);
      floatTile(height, from, strideA, inner, b + 4 * n, strideB, zeros, to, 4 * columns);
      from += height * strideA;
      to += 4 * height * columns;
      left -= height;
    }
  }
  if (whole == columns) return;
  packRows(scratch, b + 4 * whole, strideB, inner, columns - whole);
  floatPanels(out + 4 * whole, 4 * columns, a, strideA, rows, scratch, columns - whole, inner, 0);
}
