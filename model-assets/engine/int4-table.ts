// A table of words in 4 bits, by blocks of a row.

import { toNumber } from './dim.ts';
import { type Blocks, type Buffer, dequantize, type View } from './ir.ts';
import { ROUNDER } from './pack-bytes.ts';
import { Unsupported } from './unsupported.ts';

/** Elements that have one scale, and one zero point. */
const BLOCK = 32;
const MOST = 15;
/** What of a block's range its 16 numbers reach over: with less, those at its ends are further off and all others nearer. */
const REACHES = [1, 0.93, 0.86];

/** Rows after which others may have a turn: about half a millisecond of work. */
export const ROWS_A_TURN = 16;

/** Of a whole table in floats or in bytes: [rows, width]. Throws `Unsupported` where an element is no number. */
export function* int4Table({ buffer, dims }: View): Generator<void, Buffer> {
  const [rows, width] = dims.map(toNumber);
  if (!rows || !width) throw new Unsupported('the size of a table is not known');
  const [perRow, stride] = [Math.ceil(width / BLOCK), Math.ceil(width / 2)];
  const packed = new Uint8Array(rows * stride);
  const scales = new Float32Array(rows * perRow);
  const zeros = new Uint8Array(rows * perRow);
  const values = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    if (row % ROWS_A_TURN === 0) yield;
    read(values, buffer, row * width);
    for (let block = 0; block < perRow; block++) {
      const [start, end] = [block * BLOCK, Math.min(width, (block + 1) * BLOCK)];
      const { scale, zero } = best(values, start, end);
      const inverse = scale > 0 ? 1 / scale : 0;
      for (let n = start; n < end; n++) {
        const at = row * stride + (n >> 1);
        packed[at] = (packed[at] ?? 0) | (numberOf((values[n] ?? 0) * inverse, zero) << (4 * (n & 1)));
      }
      scales[row * perRow + block] = scale;
      zeros[row * perRow + block] = zero;
    }
  }
  const blocks: Blocks = { rows, width, bits: 4, block: BLOCK, scales, zeros, read: () => packed };
  const { type, length, name } = buffer;
  return { type, length, blocks, ...(name !== undefined && { name }) };
}

/** What a row's elements stand for. */
function read(values: Float64Array, { data, quantized }: Buffer, start: number): void {
  if (!data && !quantized) throw new Unsupported('the elements of a table are not known');
  const bytes = quantized?.values.read();
  // The scale of a row is that of all its elements, but where columns have scales of their own.
  const isByRow = quantized !== undefined && quantized.inner % values.length === 0;
  const channel = quantized ? Math.floor(start / quantized.inner) % quantized.scales.length : 0;
  const [scale, zero] = [quantized?.scales[channel] ?? 1, quantized?.zeros[channel] ?? 0];
  for (let n = 0; n < values.length; n++) {
    if (quantized && !isByRow) values[n] = dequantize(quantized, start + n);
    else values[n] = ((bytes?.[start + n] ?? data?.[start + n] ?? 0) - zero) * scale;
  }
  if (!values.every(Number.isFinite)) throw new Unsupported('a table with what is no number cannot be in 4 bits');
}

/** Of an element in steps of its block. */
function numberOf(steps: number, zero: number): number {
  return Math.max(0, Math.min(MOST, steps + ROUNDER - ROUNDER + zero));
}

/** The scale and the zero point of a block that leave the least of squares. 0 is among its numbers. */
function best(values: Float64Array, start: number, end: number): { readonly scale: number; readonly zero: number } {
  let [low, high] = [0, 0];
  for (let n = start; n < end; n++) {
    low = Math.min(low, values[n] ?? 0);
    high = Math.max(high, values[n] ?? 0);
  }
  let found = { scale: 0, zero: 0, error: Number.POSITIVE_INFINITY };
  for (const reach of high > low ? REACHES : []) {
    const scale = Math.fround(((high - low) * reach) / MOST);
    const zero = Math.min(MOST, Math.max(0, Math.round(MOST / 2 - (high + low) / 2 / scale)));
    const inverse = 1 / scale;
    let error = 0;
    for (let n = start; n < end; n++) {
      const value = values[n] ?? 0;
      error += (value - scale * (numberOf(value * inverse, zero) - zero)) ** 2;
    }
    if (error < found.error) found = { scale, zero, error };
  }
  return found;
}
