// Columns of weights in bytes to the panels that the engine's kernels read (command-format.ts).
//
// No two neighbours in a column may add up to more than 128 on either side of 0: so no machine's sums of pairs are too great for 16 bits, and
// answers are the same on all of them. Weights that are quantized by their greatest element have such pairs in nearly every column. These
// columns are rounded once more, to as many steps as their pairs allow: of weights as those of trained models are, to about three quarters of
// what they had.

import { DEPTH_UNIT, PANEL, PANEL_TAIL_I8 } from '../../shared/runtime/engine/command-format.ts';
import { dequantize, type Quantized, type View } from './ir.ts';
import { Unsupported } from './unsupported.ts';

export interface Column {
  readonly weight: View;
  /** Of the column's first element in the weight's buffer, and from one to the next. */
  readonly start: number;
  readonly step: number;
  readonly bias: number;
}

/** What two neighbours add up to at the most, and what a byte is. */
const MOST_PAIR = 128;
const MOST = 127;
/** Added and taken off, it rounds to integers, halves to even ones: upwards they would move a column's sum. */
export const ROUNDER = 1.5 * 2 ** 52;

/** Where each panel begins, with its columns. */
export function panelsOf(columns: readonly Column[], stride: number) {
  return Array.from({ length: Math.ceil(columns.length / PANEL) }, (_, panel) => ({
    at: panel * stride,
    group: columns.slice(panel * PANEL, (panel + 1) * PANEL),
  }));
}

export function packBytes(columns: readonly Column[], depth: number): Uint8Array {
  const padded = Math.ceil(depth / DEPTH_UNIT) * DEPTH_UNIT;
  const panels = Math.ceil(columns.length / PANEL);
  const stride = padded * PANEL + PANEL_TAIL_I8;
  const out = new Uint8Array(panels * stride);
  const floats = new Float32Array(out.buffer);
  const bytes = new Int8Array(out.buffer);
  const rounder = new Rounder(depth);
  for (const { at, group } of panelsOf(columns, stride)) {
    for (const [within, column] of group.entries()) {
      // [depth / 4][8][4]
      const { scale, sum } = rounder.write(bytes, at + 4 * within, column);
      const tail = (at + padded * PANEL) / 4 + within;
      floats[tail] = scale;
      floats[tail + PANEL] = Math.fround(scale) * sum;
      floats[tail + 2 * PANEL] = column.bias;
    }
  }
  return out;
}

/** Columns of any kind, one after the other in the same memory: a model has tens of millions of their elements. */
class Rounder {
  readonly #exact: Float64Array;
  /** How far elements, and sums of two neighbours, are from 0. */
  #reach = 0;
  #greatest = 0;

  constructor(depth: number) {
    this.#exact = new Float64Array(depth);
  }

  /** Writes a column's bytes, as they are where they fit, else rounded once more. Returns their scale and their sum. */
  write(bytes: Int8Array, at: number, column: Column): { readonly scale: number; readonly sum: number } {
    const quantized = column.weight.buffer.quantized ?? fail();
    const channel = channelOf(column, this.#exact.length, quantized);
    if (channel === undefined) this.#readFloats(column, quantized);
    else this.#readBytes(column, quantized.values.read(), quantized.zeros[channel] ?? 0);
    const fits = channel !== undefined && this.#reach <= MOST_PAIR && this.#greatest <= MOST;
    const scale = channel === undefined ? 1 : (quantized.scales[channel] ?? 0);
    if (fits || this.#reach === 0) return { scale, sum: this.#round(bytes, at, 1) };
    return { scale: (scale * this.#reach) / MOST, sum: this.#round(bytes, at, MOST / this.#reach) };
  }

  /** Less their zero point. */
  #readBytes({ start, step }: Column, values: Int8Array | Uint8Array, zero: number): void {
    const exact = this.#exact;
    let [reach, greatest, before] = [0, 0, 0];
    for (let k = 0, place = start; k < exact.length; k++, place += step) {
      const value = (values[place] ?? 0) - zero;
      exact[k] = value;
      const pair = k & 1 ? value + before : value;
      if (pair > reach) reach = pair;
      else if (-pair > reach) reach = -pair;
      if (value > greatest) greatest = value;
      else if (-value > reach) reach = -value;
      before = value;
    }
    this.#reach = Math.max(reach, greatest);
    this.#greatest = greatest;
  }

  /** What they stand for. */
  #readFloats({ start, step }: Column, quantized: Quantized): void {
    this.#reach = 0;
    this.#exact.forEach((_, k, exact) => {
      const value = dequantize(quantized, start + k * step);
      const pair = k & 1 ? value + (exact[k - 1] ?? 0) : value;
      exact[k] = value;
      this.#reach = Math.max(this.#reach, Math.abs(value), Math.abs(pair));
    });
  }

  #round(bytes: Int8Array, at: number, times: number): number {
    const exact = this.#exact;
    let sum = 0;
    for (let k = 0; k < exact.length; k++) {
      const byte = (exact[k] ?? 0) * times + ROUNDER - ROUNDER;
      bytes[at + (k >> 2) * (PANEL * 4) + (k & 3)] = byte;
      sum += byte;
    }
    return sum;
  }
}

function fail(): never {
  throw new Unsupported('a linear layer has a weight whose size is not known');
}

/** Whose scale a column has; undefined where it has several, as weights may be quantized along the other axis. */
export function channelOf(
  { start, step }: Pick<Column, 'start' | 'step'>,
  depth: number,
  { inner, scales }: Quantized,
): number | undefined {
  const channel = Math.floor(start / inner) % scales.length;
  const isOne =
    scales.length === 1 ||
    // From one element to the next, over all channels or none.
    step % (inner * scales.length) === 0 ||
    Math.floor(start / inner) === Math.floor((start + (depth - 1) * step) / inner);
  return isOne ? channel : undefined;
}
