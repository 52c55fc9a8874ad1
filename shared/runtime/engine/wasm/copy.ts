// COPY: every movement of elements that is a matter of strides. Rows that lie side by side in both tensors are copied whole, two
// dimensions that change places are turned over by blocks, the rest goes element by element.

import { advance, first, rank, second, sizeOf, startAt, startWalk, strideOf } from './strided';
import { transpose } from './transpose';

/** Shorter rows are not worth the call that memory.copy is. */
const SHORT: usize = 128;

export function copy(out: usize, x: usize, dimensions: i32, words: usize): void {
  if (!startWalk(words, dimensions, 2)) return;
  startAt(out, x, 0);
  const last = rank - 1;
  const count = <usize>sizeOf(last);
  const outStride = <usize>strideOf(0, last) * 4;
  const stride = <usize>strideOf(1, last) * 4;
  // A single element has strides of 0 here.
  if (count == 1 || (outStride == 4 && stride == 4)) {
    do copyRow(first, second, 4 * count);
    while (advance(last));
  } else if (last > 0 && outStride == 4 && strideOf(1, last - 1) == 1) {
    const rows = <usize>sizeOf(last - 1);
    const rowStride = <usize>strideOf(0, last - 1) * 4;
    do transpose(first, rowStride, second, stride, rows, count);
    while (advance(last - 1));
  } else {
    do copyElements(first, outStride, second, stride, count);
    while (advance(last));
  }
}

function copyRow(out: usize, x: usize, length: usize): void {
  if (length >= SHORT) {
    memory.copy(out, x, length);
    return;
  }
  const end = x + length;
  for (; x + 16 <= end; x += 16, out += 16) v128.store(out, v128.load(x));
  for (; x < end; x += 4, out += 4) store<u32>(out, load<u32>(x));
}

function copyElements(out: usize, outStride: usize, x: usize, stride: usize, count: usize): void {
  for (; count > 0; count--, out += outStride, x += stride) store<u32>(out, load<u32>(x));
}
