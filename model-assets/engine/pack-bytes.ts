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
const LEAST = -128;
/** Added and taken off, it rounds to integers, halves to even ones: upwards they would move a column's sum. */
const ROUNDER = 1.5 * 2 ** 52;

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
  const words = new Int32Array(out.buffer);
  const bytes = new Int8Array(out.buffer);
  const panel: Panel = { scales: new Float32Array(PANEL), sums: new Int32Array(PANEL), reaches: new Int32Array(PANEL) };
  for (const { at, group } of panelsOf(columns, stride)) {
    if (shiftInto(words, at, group, depth, panel)) refit(words, at, group.length, depth, panel);
    else
      group.forEach((column, within) => {
        roundInto(bytes, at, column, within, depth, panel);
      });
    const tail = (at + padded * PANEL) / 4;
    group.forEach(({ bias }, within) => {
      const scale = panel.scales[within] ?? 0;
      floats[tail + within] = scale;
      floats[tail + PANEL + within] = scale * (panel.sums[within] ?? 0);
      floats[tail + 2 * PANEL + within] = bias;
    });
  }
  return out;
}

/** Of the panel's columns. */
interface Panel {
  readonly scales: Float32Array;
  readonly sums: Int32Array;
  /** How far elements, and sums of two neighbours, are from 0. */
  readonly reaches: Int32Array;
}

/**
 * Writes a panel's bytes as they are, less their zero points: four rows at a time, as a column's bytes lie far apart and four of them are a
 * word of the panel. False where its columns are of several weights, or have several scales or too far a zero point, or rows remain; what was
 * written then is worth nothing.
 */
function shiftInto(
  words: Int32Array,
  at: number,
  group: readonly Column[],
  depth: number,
  { scales, sums, reaches }: Panel,
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
  reaches.fill(0);
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
      beyond |= (a - LEAST) | (b - LEAST) | (c - LEAST) | (d - LEAST);
      const reach = Math.max(reachOf(a, b), reachOf(c, d));
      if (reach > (reaches[within] ?? 0)) reaches[within] = reach;
    }
  }
  channels.forEach((channel = 0, within) => {
    scales[within] = quantized.scales[channel] ?? 0;
  });
  return beyond >>> 8 === 0;
}

const reachOf = (a: number, b: number) => Math.max(Math.abs(a), Math.abs(b), Math.abs(a + b));

/** Rounds those of a panel's columns once more that reach too far. */
function refit(words: Int32Array, at: number, columns: number, depth: number, { scales, sums, reaches }: Panel): void {
  const rounded = new Int8Array(256);
  for (let within = 0; within < columns; within++) {
    const reach = reaches[within] ?? 0;
    if (reach <= MOST_PAIR) continue;
    for (let byte = 0; byte < 256; byte++) rounded[byte] = toInteger(((byte << 24) >> 24) * (MOST / reach));
    let sum = 0;
    for (let k = 0, word = (at >> 2) + within; k < depth; k += 4, word += PANEL) {
      const four = words[word] ?? 0;
      const a = rounded[four & 255] ?? 0;
      const b = rounded[(four >> 8) & 255] ?? 0;
      const c = rounded[(four >> 16) & 255] ?? 0;
      const d = rounded[four >>> 24] ?? 0;
      words[word] = (a & 255) | ((b & 255) << 8) | ((c & 255) << 16) | (d << 24);
      sum += a + b + c + d;
    }
    scales[within] = ((scales[within] ?? 0) * reach) / MOST;
    sums[within] = sum;
  }
}

const toInteger = (x: number) => x + ROUNDER - ROUNDER;

/** A column of any kind: as it is where it fits, else rounded once more. */
function roundInto(
  bytes: Int8Array,
  at: number,
  column: Column,
  within: number,
  depth: number,
  { scales, sums }: Panel,
): void {
  const { start, step, weight } = column;
  const quantized = weight.buffer.quantized ?? fail();
  const channel = channelOf(column, depth, quantized);
  const values = quantized.values.read();
  const zero = channel === undefined ? 0 : (quantized.zeros[channel] ?? 0);
  const exact = Float64Array.from({ length: depth }, (_, k) =>
    channel === undefined ? dequantize(quantized, start + k * step) : (values[start + k * step] ?? 0) - zero,
  );
  let reach = 0;
  for (let k = 0; k < depth; k += 2) reach = Math.max(reach, reachOf(exact[k] ?? 0, exact[k + 1] ?? 0));
  const fits = channel !== undefined && reach <= MOST_PAIR && exact.every((value) => value <= MOST);
  const unit = fits ? 1 : reach / MOST || 1;
  scales[within] = unit * (channel === undefined ? 1 : (quantized.scales[channel] ?? 0));
  sums[within] = 0;
  exact.forEach((value, k) => {
    const byte = toInteger(value / unit);
    // [depth / 4][8][4]
    bytes[at + (k >> 2) * (PANEL * 4) + within * 4 + (k & 3)] = byte;
    sums[within] = (sums[within] ?? 0) + byte;
  });
}

function fail(): never {
  throw new Unsupported('a linear layer has a weight whose size is not known');
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
