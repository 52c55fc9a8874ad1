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
  columns.forEach(({ weight, start, step, bias }, n) => {
    const { data } = weight.buffer;
    const panel = Math.floor(n / PANEL) * stride + (n % PANEL);
    for (let k = 0; k < depth; k++) out[panel + k * PANEL] = data?.[start + k * step] ?? 0;
    out[panel + depth * PANEL] = bias;
  });
  return new Uint8Array(out.buffer);
}

function packBytes(columns: readonly Column[], depth: number): Uint8Array {
  const padded = Math.ceil(depth / DEPTH_UNIT) * DEPTH_UNIT;
  const panels = Math.ceil(columns.length / PANEL);
  const stride = padded * PANEL + PANEL_TAIL_I8;
  const out = new Uint8Array(panels * stride);
  const bytes = new Int8Array(out.buffer);
  const floats = new Float32Array(out.buffer);
  columns.forEach((column, n) => {
    const panel = Math.floor(n / PANEL) * stride;
    const within = n % PANEL;
    const { values, scale } = toSigned(column, depth);
    let sum = 0;
    // [depth / 4][8][4]
    values.forEach((value, k) => {
      bytes[panel + (k >> 2) * (PANEL * 4) + within * 4 + (k & 3)] = value;
      sum += value;
    });
    const tail = (panel + padded * PANEL) / 4 + within;
    floats[tail] = scale;
    floats[tail + PANEL] = scale * sum;
    floats[tail + 2 * PANEL] = column.bias;
  });
  return out;
}

/**
 * A column as signed bytes around 0, and its scale. As it is, where its zero point leaves that room; a column with a zero point that
 * reaches further is rounded anew, to 127 steps on either side.
 */
function toSigned(column: Column, depth: number): { values: Int8Array; scale: number } {
  const quantized = column.weight.buffer.quantized ?? fail();
  const { channel, isOne } = channelOf(column, depth, quantized);
  const zero = quantized.zeros[channel] ?? 0;
  const scale = quantized.scales[channel] ?? 0;
  const places = Array.from({ length: depth }, (_, k) => column.start + k * column.step);
  const shifted = places.map((place) => (quantized.values[place] ?? 0) - zero);
  if (isOne && shifted.every((value) => value >= -128 && value <= 127))
    return { values: Int8Array.from(shifted), scale };
  const exact = places.map((place) => dequantize(quantized, place));
  const greatest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const step = greatest / 127 || 1;
  return { values: Int8Array.from(exact, (value) => Math.round(value / step)), scale: step };
}

/** Whose scale a column has, if it has one: weights may be quantized along the other axis. */
function channelOf({ start, step }: Column, depth: number, { inner, scales }: Quantized) {
  const of = (place: number) => Math.floor(place / inner) % scales.length;
  const channel = of(start);
  return {
    channel,
    isOne:
      scales.length === 1 ||
      Array.from({ length: depth }, (_, k) => of(start + k * step)).every((each) => each === channel),
  };
}
