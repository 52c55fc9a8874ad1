// A table of words in 4 bits, by blocks of a row.

import { toNumber } from './dim.ts';
import { toHalves } from './half-bytes.ts';
import { type Blocks, type Buffer, dequantize, type View } from './ir.ts';
import { Unsupported } from './unsupported.ts';

/** Elements that have one scale, and one zero point. */
const BLOCK = 32;
const MOST = 15;
/** What of a block's range its 16 numbers reach over: with less, those at its ends are further off and all others nearer. */
const REACHES = [1, 0.93, 0.86];

/** Of a whole table in floats or in bytes: [rows, width]. */
export function halveTable({ buffer, dims }: View): Buffer {
  const [rows, width] = dims.map(toNumber);
  if (!rows || !width) throw new Unsupported('the size of a table is not known');
  const perRow = Math.ceil(width / BLOCK);
  const numbers = new Uint8Array(rows * width);
  const scales = new Float32Array(rows * perRow);
  const zeros = new Uint8Array(rows * perRow);
  const values = new Float64Array(BLOCK);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < perRow; block++) {
      const [start, length] = [row * width + block * BLOCK, Math.min(BLOCK, width - block * BLOCK)];
      for (let i = 0; i < length; i++) values[i] = elementOf(buffer, start + i);
      const { scale, zero } = best(values.subarray(0, length));
      for (let i = 0; i < length; i++) numbers[start + i] = numberOf(values[i] ?? 0, scale, zero);
      scales[row * perRow + block] = scale;
      zeros[row * perRow + block] = zero;
    }
  }
  const packed = toHalves(numbers, width);
  const blocks: Blocks = { rows, width, bits: 4, block: BLOCK, scales, zeros, read: () => packed };
  const { type, length, name } = buffer;
  return { type, length, blocks, ...(name !== undefined && { name }) };
}

function elementOf({ data, quantized }: Buffer, at: number): number {
  return quantized ? dequantize(quantized, at) : (data?.[at] ?? 0);
}

function numberOf(value: number, scale: number, zero: number): number {
  return scale === 0 ? zero : Math.max(0, Math.min(MOST, Math.round(value / scale) + zero));
}

/** The scale and the zero point of a block that leave the least of squares. 0 is among its numbers. */
function best(values: Float64Array): { readonly scale: number; readonly zero: number } {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  let found = { scale: 0, zero: 0, error: Number.POSITIVE_INFINITY };
  for (const reach of high > low ? REACHES : []) {
    const scale = Math.fround(((high - low) * reach) / MOST);
    const zero = Math.min(MOST, Math.max(0, Math.round(MOST / 2 - (high + low) / 2 / scale)));
    let error = 0;
    for (const value of values) error += (value - scale * (numberOf(value, scale, zero) - zero)) ** 2;
    if (error < found.error) found = { scale, zero, error };
  }
  return found;
}
