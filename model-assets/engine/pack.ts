// Weights of linear layers in the panels that the engine's kernels read (command-format.ts).

import { DEPTH_UNIT, PANEL, PANEL_TAIL_F32, PANEL_TAIL_I8 } from '../../shared/runtime/engine/command-format.ts';
import { toNumber } from './dim.ts';
import type { Weights } from './fuse/siblings.ts';
import { dequantize, knownElements, type Quantized, type View } from './ir.ts';
import { Unsupported } from './unsupported.ts';

export interface Packed {
  readonly bytes: Uint8Array;
  readonly columns: number;
  readonly depth: number;
  readonly isInt8: boolean;
}

/** Layers side by side as one, all in bytes or all in floats. */
export function packLinear(layers: readonly Weights[]): Packed {
  const columns = layers.flatMap(({ weight, bias }) => columnsOf(weight, bias));
  const depth = toNumber(layers[0]?.weight.dims[0] ?? fail()) ?? fail();
  const isInt8 = layers[0]?.weight.buffer.quantized !== undefined;
  return {
    bytes: isInt8 ? packBytes(columns, depth) : packFloats(columns, depth),
    columns: columns.length,
    depth,
    isInt8,
  };
}

function fail(): never {
  throw new Unsupported('a linear layer has a weight whose size is not known');
}

interface Column {
  readonly weight: View;
  /** Of the column's first element in the weight's buffer, and from one to the next. */
  readonly start: number;
  readonly step: number;
  readonly bias: number;
}

function columnsOf(weight: View, bias: View | null): Column[] {
  const [, count] = weight.dims.map(toNumber);
  const [step, across] = weight.strides.map(toNumber);
  const offset = toNumber(weight.offset);
  const biases = bias && knownElements(bias);
  if (count === undefined || step === undefined || across === undefined || offset === undefined) fail();
  return Array.from({ length: count }, (_, i) => ({
    weight,
    start: offset + i * across,
    step,
    bias: biases?.[i] ?? 0,
  }));
}

function packFloats(columns: readonly Column[], depth: number): Uint8Array {
  const panels = Math.ceil(columns.length / PANEL);
  const stride = depth * PANEL + PANEL_TAIL_F32 / 4;
  const out = new Float32Array(panels * stride);
  for (const { at, group } of panelsOf(columns, stride)) {
    group.forEach(({ weight, start, step, bias }, within) => {
      const data = weight.buffer.data ?? fail();
      for (let k = 0, place = start; k < depth; k++, place += step) out[at + k * PANEL + within] = data[place] ?? 0;
      out[at + depth * PANEL + within] = bias;
    });
  }
  return new Uint8Array(out.buffer);
}

function packBytes(columns: readonly Column[], depth: number): Uint8Array {
  const padded = Math.ceil(depth / DEPTH_UNIT) * DEPTH_UNIT;
  const panels = Math.ceil(columns.length / PANEL);
  const stride = padded * PANEL + PANEL_TAIL_I8;
  const out = new Uint8Array(panels * stride);
  const bytes = new Int8Array(out.buffer);
  const floats = new Float32Array(out.buffer);
  const words = new Int32Array(out.buffer);
  const signed = new Signed(depth);
  const shifted: Shifted = { scales: new Float32Array(PANEL), sums: new Int32Array(PANEL) };
  for (const { at, group } of panelsOf(columns, stride)) {
    const isShifted = shiftInto(words, at, group, depth, shifted);
    group.forEach((column, within) => {
      const scale = isShifted ? (shifted.scales[within] ?? 0) : signed.read(column);
      const sum = isShifted ? (shifted.sums[within] ?? 0) : signed.writeTo(bytes, placeOf(at, 0, within));
      const tail = (at + padded * PANEL) / 4 + within;
      floats[tail] = scale;
      floats[tail + PANEL] = scale * sum;
      floats[tail + 2 * PANEL] = column.bias;
    });
  }
  return out;
}

/** Of a byte in its panel: [depth / 4][8][4]. */
const placeOf = (at: number, k: number, within: number) => at + (k >> 2) * (PANEL * 4) + within * 4 + (k & 3);

/** Where each panel begins, with its columns. */
function panelsOf(columns: readonly Column[], stride: number) {
  return Array.from({ length: Math.ceil(columns.length / PANEL) }, (_, panel) => ({
    at: panel * stride,
    group: columns.slice(panel * PANEL, (panel + 1) * PANEL),
  }));
}

/** Of two bytes side by side that are both -128, which no panel may have. */
const BOTH_LEAST = -256;

interface Shifted {
  readonly scales: Float32Array;
  readonly sums: Int32Array;
}

/**
 * Writes a panel's bytes as they are, less their zero points: four rows at a time, as a column's bytes lie far apart and four of them are a
 * word of the panel. False where its columns are of several weights, or have several scales or too large a zero point, or two of -128 side by
 * side, or rows remain; what was written then is worth nothing.
 */
function shiftInto(
  words: Int32Array,
  at: number,
  group: readonly Column[],
  depth: number,
  { scales, sums }: Shifted,
): boolean {
  const { weight, step } = group[0] ?? fail();
  const quantized = weight.buffer.quantized ?? fail();
  if (depth % 4 !== 0 || group.some((column) => column.weight.buffer !== weight.buffer || column.step !== step)) {
    return false;
  }
  const channels = group.map((column) => channelOf(column, depth, quantized));
  if (channels.includes(undefined)) return false;
  const values = quantized.values.read();
  const starts = Int32Array.from(group, ({ start }) => start);
  const zeros = Int32Array.from(channels, (channel = 0) => quantized.zeros[channel] ?? 0);
  let beyond = 0;
  sums.fill(0);
  for (let k = 0, row = 0, word = at >> 2; k < depth; k += 4, row += 4 * step, word += PANEL) {
    for (let within = 0; within < starts.length; within++) {
      const place = row + (starts[within] ?? 0);
      const zero = zeros[within] ?? 0;
      const a = (values[place] ?? 0) - zero;
      const b = (values[place + step] ?? 0) - zero;
      const c = (values[place + 2 * step] ?? 0) - zero;
      const d = (values[place + 3 * step] ?? 0) - zero;
      words[word + within] = (a & 255) | ((b & 255) << 8) | ((c & 255) << 16) | (d << 24);
      sums[within] = (sums[within] ?? 0) + a + b + c + d;
      beyond |= (a + 128) | (b + 128) | (c + 128) | (d + 128);
      if (a + b === BOTH_LEAST || c + d === BOTH_LEAST) return false;
    }
  }
  channels.forEach((channel = 0, within) => {
    scales[within] = quantized.scales[channel] ?? 0;
  });
  return beyond >>> 8 === 0;
}

/** Columns as signed bytes around 0, one after the other in the same memory: a model has tens of millions of them. */
class Signed {
  readonly values: Int16Array;

  constructor(depth: number) {
    this.values = new Int16Array(depth);
  }

  /**
   * Puts the column's bytes into `values` and returns their scale. As they are, where the zero point leaves that room, but for the second of
   * two that are both -128; a column with a zero point that reaches further is rounded anew, to 127 steps on either side.
   */
  read(column: Column): number {
    const quantized = column.weight.buffer.quantized ?? fail();
    const channel = channelOf(column, this.values.length, quantized);
    if (channel === undefined || !this.#shift(column, quantized, channel)) return this.#round(column, quantized);
    return quantized.scales[channel] ?? 0;
  }

  /** Returns the sum of `values`. */
  writeTo(bytes: Int8Array, at: number): number {
    let sum = 0;
    for (let k = 0; k < this.values.length; k++) {
      const value = this.values[k] ?? 0;
      bytes[placeOf(at, k, 0)] = value;
      sum += value;
    }
    return sum;
  }

  /** Whether all fit. */
  #shift({ start, step }: Column, quantized: Quantized, channel: number): boolean {
    const { zeros } = quantized;
    const values = quantized.values.read();
    const zero = zeros[channel] ?? 0;
    let [least, most] = [0, 0];
    for (let k = 0, place = start; k < this.values.length; k++, place += step) {
      const value = (values[place] ?? 0) - zero;
      this.values[k] = value;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    this.#separate();
    return least >= -128 && most <= 127;
  }

  /** One weight a step off: a scale of 127 steps would move most of the column's, each by up to half a step. */
  #separate(): void {
    for (let k = 1; k < this.values.length; k += 2) {
      if (this.values[k - 1] === -128 && this.values[k] === -128) this.values[k] = -127;
    }
  }

  #round({ start, step }: Column, quantized: Quantized): number {
    const exact = Array.from(this.values, (_, k) => dequantize(quantized, start + k * step));
    const scale = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127 || 1;
    exact.forEach((value, k) => {
      this.values[k] = Math.round(value / scale);
    });
    return scale;
  }
}

/** Whose scale a column has; undefined where it has several, as weights may be quantized along the other axis. */
function channelOf({ start, step }: Column, depth: number, { inner, scales }: Quantized): number | undefined {
  const channel = Math.floor(start / inner) % scales.length;
  const isOne =
    scales.length === 1 ||
    // From one element to the next, over all channels or none.
    step % (inner * scales.length) === 0 ||
    Math.floor(start / inner) === Math.floor((start + (depth - 1) * step) / inner);
  return isOne ? channel : undefined;
}
