// Columns of weights in 4 bits, in the panels that the engine's kernels read (command-format.ts). A column has a scale in floats, and each of
// its blocks a whole number that it is multiplied by, so that a weight is a byte times the column's scale, and the engine's products are those
// of weights in bytes. llama.cpp's K-quants scale blocks by whole numbers alike (ggml-quants.c), of more bits.

import { DEPTH_UNIT, I4_BLOCK, PANEL, PANEL_TAIL_I8 } from '../../shared/runtime/engine/command-format.ts';
import { WEIGHTS_I4 } from '../../shared/runtime/engine/program.ts';
import { panelBytes } from '../../shared/runtime/engine/weight-bytes.ts';
import { dequantize } from './ir.ts';
import { type Column, channelOf, panelsOf, ROUNDER } from './pack-bytes.ts';
import { Unsupported } from './unsupported.ts';

const MOST_ELEMENT = 15;
const MOST_FACTOR = 8;
/**
 * Steps of the column that its greatest sum of two neighbours comes to: rounded by half a factor each, they stay within the 128 of a pair
 * (pack-bytes.ts). A byte is 15 × 8 at the most.
 */
const MOST_PAIR = 128 - MOST_FACTOR;
/** Factors that are tried, from the one that reaches all of a block downwards: with less, its ends are further off and all others nearer. */
const TRIED = 3;

export function packInt4(columns: readonly Column[], depth: number): Uint8Array {
  const stride = panelBytes(depth, WEIGHTS_I4);
  const out = new Uint8Array(Math.ceil(columns.length / PANEL) * stride);
  const floats = new DataView(out.buffer);
  const int4 = new Int4Columns(depth);
  for (const { at, group } of panelsOf(columns, stride)) {
    for (const [within, column] of group.entries()) {
      const { scale, sum } = int4.write(out, at, within, column);
      const tail = at + stride - PANEL_TAIL_I8 + 4 * within;
      floats.setFloat32(tail, scale, true);
      floats.setFloat32(tail + 4 * PANEL, Math.fround(scale) * sum, true);
      floats.setFloat32(tail + 8 * PANEL, column.bias, true);
    }
  }
  return out;
}

interface Block {
  readonly factor: number;
  readonly zero: number;
}

/** One column after the other in the same memory: a model has tens of millions of their elements. */
class Int4Columns {
  /** What a column's elements stand for. */
  readonly #exact: Float64Array;
  /** Less their zero points. */
  readonly #elements: Int8Array;

  constructor(depth: number) {
    this.#exact = new Float64Array(depth);
    this.#elements = new Int8Array(depth);
  }

  /** Writes the column's part of a panel. Returns its scale, and the sum of its bytes. */
  write(
    out: Uint8Array,
    panel: number,
    within: number,
    column: Column,
  ): { readonly scale: number; readonly sum: number } {
    this.#read(column);
    if (!this.#exact.every(Number.isFinite)) throw new Unsupported('a weight that is no number cannot be in 4 bits');
    const step = this.#stepOf();
    const blocks: Block[] = [];
    let [sum, along, square] = [0, 0, 0];
    for (let start = 0; start < this.#exact.length; start += I4_BLOCK) {
      const block = this.#round(start, step);
      blocks.push(block);
      const end = Math.min(start + I4_BLOCK, this.#exact.length);
      for (let k = start; k < end; k++) {
        const byte = block.factor * (this.#elements[k] ?? 0);
        sum += byte;
        along += byte * (this.#exact[k] ?? 0);
        square += byte * byte;
      }
    }
    this.#store(out, panel, within, blocks);
    // Of all scales the one that leaves the least of squares, now that bytes are known.
    return { scale: square > 0 ? along / square : 1, sum };
  }

  #read({ weight, start, step }: Column): void {
    const { data, quantized } = weight.buffer;
    const exact = this.#exact;
    const channel = quantized && channelOf({ start, step }, exact.length, quantized);
    if (quantized && channel === undefined) {
      for (let k = 0, place = start; k < exact.length; k++, place += step) exact[k] = dequantize(quantized, place);
      return;
    }
    const values = quantized?.values.read() ?? data ?? fail();
    const [scale, zero] = quantized
      ? [quantized.scales[channel ?? 0] ?? 0, quantized.zeros[channel ?? 0] ?? 0]
      : [1, 0];
    for (let k = 0, place = start; k < exact.length; k++, place += step)
      exact[k] = ((values[place] ?? 0) - zero) * scale;
  }

  /** Of a column, so that its widest block, in which 0 lies, and its greatest pair are reached. */
  #stepOf(): number {
    let step = 0;
    for (let start = 0; start < this.#exact.length; start += I4_BLOCK) {
      const { low, high } = this.#rangeOf(start);
      step = Math.max(step, (high - low) / (MOST_ELEMENT * MOST_FACTOR));
    }
    for (let k = 1; k < this.#exact.length; k += 2) {
      step = Math.max(step, Math.abs((this.#exact[k - 1] ?? 0) + (this.#exact[k] ?? 0)) / MOST_PAIR);
    }
    return step;
  }

  /** 0 is within it: it is among a block's numbers, whatever they are. */
  #rangeOf(start: number): { readonly low: number; readonly high: number } {
    const end = Math.min(start + I4_BLOCK, this.#exact.length);
    let [low, high] = [0, 0];
    for (let k = start; k < end; k++) {
      const value = this.#exact[k] ?? 0;
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    return { low, high };
  }

  /** Rounds a block by the factor and the zero point that leave the least of squares. */
  #round(start: number, step: number): Block {
    const { low, high } = this.#rangeOf(start);
    if (!(high > low)) {
      this.#elements.fill(0, start, start + I4_BLOCK);
      return { factor: 1, zero: 0 };
    }
    const greatest = Math.min(MOST_FACTOR, Math.max(1, Math.ceil((high - low) / (MOST_ELEMENT * step) - 1e-6)));
    let [best, least] = [{ factor: greatest, zero: 0 }, Number.POSITIVE_INFINITY];
    for (let factor = greatest; factor > Math.max(0, greatest - TRIED); factor--) {
      const zero = Math.min(MOST_ELEMENT, Math.max(0, Math.round((MOST_ELEMENT - (high + low) / (factor * step)) / 2)));
      const error = this.#tryBlock(start, step, { factor, zero });
      if (error < least) [best, least] = [{ factor, zero }, error];
    }
    this.#tryBlock(start, step, best);
    return best;
  }

  /** Writes the elements of a block. Returns the sum of the squares that they are off. */
  #tryBlock(start: number, step: number, { factor, zero }: Block): number {
    const [exact, elements] = [this.#exact, this.#elements];
    const end = Math.min(start + I4_BLOCK, exact.length);
    const highest = MOST_ELEMENT - zero;
    const unit = factor * step;
    const inverse = 1 / unit;
    let error = 0;
    for (let k = start; k < end; k++) {
      const value = exact[k] ?? 0;
      let element = value * inverse + ROUNDER - ROUNDER;
      if (element > highest) element = highest;
      else if (element < -zero) element = -zero;
      elements[k] = element;
      const off = value - unit * element;
      error += off * off;
    }
    return error;
  }

  #store(out: Uint8Array, panel: number, within: number, blocks: readonly Block[]): void {
    const [byte, shift] = [4 * (within & 3), 4 * (within >> 2)];
    const padded = Math.ceil(this.#exact.length / DEPTH_UNIT) * DEPTH_UNIT;
    const says = panel + (PANEL / 2) * padded + within;
    let at = panel;
    for (const [index, { factor, zero }] of blocks.entries()) {
      out[says + PANEL * index] = factor | (zero << 4);
      const end = Math.min((index + 1) * I4_BLOCK, padded);
      for (let k = index * I4_BLOCK; k < end; k++) {
        const place = at + byte + (k & 3);
        // Behind the last element stand zeros: what is added up to a multiple of 8 weighs nothing.
        out[place] = (out[place] ?? 0) | (((this.#elements[k] ?? 0) + zero) << shift);
        if ((k & 3) === 3) at += 2 * PANEL;
      }
    }
  }
}

function fail(): never {
  throw new Unsupported('a linear layer has a weight that is not known');
}
