// What LINEAR_* should give, step by step in the precision that the engine uses, and weights in the panels of the format.

import {
  DOT_PLAIN,
  DOT_SEVEN_BITS,
  I4_BLOCK,
  LINEAR_I8_SCRATCH,
  PANEL,
  PANEL_TAIL_F32,
  PANEL_TAIL_I8,
} from '../../../shared/runtime/engine/command-format.ts';
import { roundEven } from './expected.ts';
import { plus } from './multiply-add.ts';

const { fround } = Math;

export interface ByteWeights {
  /** [columns in][columns out]. */
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly bias: Float32Array;
  readonly depth: number;
  readonly columns: number;
}

const roundUp = (value: number, unit: number) => Math.ceil(value / unit) * unit;

export function scratchBytes(rows: number, depth: number, mode: number): number {
  return rows * (roundUp(depth, 8) * (mode === DOT_PLAIN ? 2 : 1) + LINEAR_I8_SCRATCH);
}

export function packBytes({ values, scales, bias, depth, columns }: ByteWeights): Uint8Array {
  const padded = roundUp(depth, 8);
  const length = PANEL * padded + PANEL_TAIL_I8;
  const image = new ArrayBuffer(Math.ceil(columns / PANEL) * length);
  const bytes = new Int8Array(image);
  const floats = new DataView(image);
  for (let n = 0; n < columns; n++) {
    const panel = Math.floor(n / PANEL) * length;
    const c = n % PANEL;
    let sum = 0;
    for (let k = 0; k < depth; k++) {
      const weight = values[k * columns + n] ?? 0;
      bytes[panel + (Math.floor(k / 4) * PANEL + c) * 4 + (k % 4)] = weight;
      sum += weight;
    }
    const tail = panel + PANEL * padded + 4 * c;
    const scale = scales[n] ?? 0;
    floats.setFloat32(tail, scale, true);
    floats.setFloat32(tail + 4 * PANEL, scale * sum, true);
    floats.setFloat32(tail + 8 * PANEL, bias[n] ?? 0, true);
  }
  return new Uint8Array(image);
}

/** Weights of LINEAR_I4: elements [columns in][columns out], and of each block of 32 columns in a factor and a zero point, [blocks][columns out]. */
export interface Int4Weights extends Omit<ByteWeights, 'values'> {
  readonly elements: Uint8Array;
  readonly factors: Uint8Array;
  readonly zeros: Uint8Array;
}

/** The bytes that they stand for. */
export function widened({ elements, factors, zeros, ...others }: Int4Weights): ByteWeights {
  const { depth, columns } = others;
  const values = new Int8Array(depth * columns);
  for (let k = 0; k < depth; k++) {
    for (let n = 0; n < columns; n++) {
      const of = Math.floor(k / I4_BLOCK) * columns + n;
      values[k * columns + n] = (factors[of] ?? 0) * ((elements[k * columns + n] ?? 0) - (zeros[of] ?? 0));
    }
  }
  return { ...others, values };
}

export function packInt4(weights: Int4Weights): Uint8Array {
  const { elements, factors, zeros, depth, columns } = weights;
  const padded = roundUp(depth, 8);
  const blocks = Math.ceil(padded / I4_BLOCK);
  const length = (PANEL * padded) / 2 + PANEL * blocks + PANEL_TAIL_I8;
  const bytes = new Uint8Array(Math.ceil(columns / PANEL) * length);
  const wide = packBytes(widened(weights));
  const panels = Math.ceil(columns / PANEL);
  for (let panel = 0; panel < panels; panel++) {
    for (let block = 0; block < blocks; block++) {
      const at = panel * length + (block * PANEL * I4_BLOCK) / 2;
      const says = panel * length + (PANEL * padded) / 2 + block * PANEL;
      for (let c = 0; c < PANEL; c++) {
        const n = panel * PANEL + c;
        const [factor, zero] = n < columns ? [factors, zeros].map((each) => each[block * columns + n] ?? 0) : [0, 0];
        bytes[says + c] = (factor ?? 0) + 16 * (zero ?? 0);
        for (let k = block * I4_BLOCK; k < Math.min(padded, (block + 1) * I4_BLOCK); k++) {
          const within = k - block * I4_BLOCK;
          const place = at + Math.floor(within / 4) * 16 + (c % 4) * 4 + (within % 4);
          const element = n < columns && k < depth ? (elements[k * columns + n] ?? 0) : (zero ?? 0);
          bytes[place] = (bytes[place] ?? 0) + element * (c < 4 ? 1 : 16);
        }
      }
    }
    const tail = (panel + 1) * length - PANEL_TAIL_I8;
    const from = (panel + 1) * (PANEL * padded + PANEL_TAIL_I8) - PANEL_TAIL_I8;
    bytes.set(wide.subarray(from, from + PANEL_TAIL_I8), tail);
  }
  return bytes;
}

export function packFloats(values: Float32Array, bias: Float32Array, depth: number, columns: number): Float32Array {
  const length = PANEL * depth + PANEL_TAIL_F32 / 4;
  const image = new Float32Array(Math.ceil(columns / PANEL) * length);
  for (let n = 0; n < columns; n++) {
    const panel = Math.floor(n / PANEL) * length + (n % PANEL);
    for (let k = 0; k < depth; k++) image[panel + k * PANEL] = values[k * columns + n] ?? 0;
    image[panel + depth * PANEL] = bias[n] ?? 0;
  }
  return image;
}

export interface QuantizedRow {
  /** From 0 to the number of levels. */
  readonly q: readonly number[];
  readonly step: number;
  readonly least: number;
}

export function levelsOf(depth: number, mode: number): number {
  const most = mode === DOT_PLAIN ? 4095 : mode === DOT_SEVEN_BITS ? 127 : 255;
  return Math.min(most, Math.floor((2 ** 31 - 1) / (128 * Math.max(roundUp(depth, 8), 1))));
}

/** x ≈ step × q + least. Every operation is rounded to 32 bits, as the engine's are. */
export function quantize(x: Float32Array, mode: number): QuantizedRow {
  const levels = levelsOf(x.length, mode);
  const least = Math.min(...x);
  const range = fround(Math.max(...x) - least);
  if (!(range < Infinity)) return { q: Array.from(x, () => 0), step: Number.NaN, least: Number.NaN };
  if (range < 1e-30) return { q: Array.from(x, () => 0), step: fround(range / levels), least };
  const inverse = fround(levels / range);
  const q = Array.from(x, (value) => roundEven(fround(fround(value - least) * inverse)));
  return { q, step: fround(range / levels), least };
}

/** One row's results, from sums that are exact integers. */
export function byteRow(row: QuantizedRow, { values, scales, bias, depth, columns }: ByteWeights): Float32Array {
  return Float32Array.from({ length: columns }, (_, n) => {
    let sum = 0;
    let total = 0;
    for (let k = 0; k < depth; k++) {
      const weight = values[k * columns + n] ?? 0;
      sum += (row.q[k] ?? 0) * weight;
      total += weight;
    }
    const scale = scales[n] ?? 0;
    const product = fround(fround(sum) * fround(row.step * scale));
    return fround(fround(product + fround(row.least * fround(scale * total))) + (bias[n] ?? 0));
  });
}

/** In the order of the engine: from the bias on. */
export function floatRow(x: Float32Array, values: Float32Array, bias: Float32Array, columns: number): Float32Array {
  return Float32Array.from({ length: columns }, (_, n) => {
    let sum = bias[n] ?? 0;
    for (const [k, value] of x.entries()) sum = plus(sum, value, values[k * columns + n] ?? 0);
    return sum;
  });
}
