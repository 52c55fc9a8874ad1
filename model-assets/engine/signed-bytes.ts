// Weights in bytes as the engine reads tables of them: signed.

import type { Quantized } from './ir.ts';

export interface Signed {
  readonly length: number;
  /** Those from `start` to `end`: a table may have tens of millions. */
  part(start: number, end: number): Uint8Array;
  readonly scales: Float32Array;
  readonly zeros: Int32Array;
}

/** The same weights in signed bytes; those of a file that are unsigned are moved with their zero points. */
export function toSigned({ values, scales, zeros }: Quantized): Signed {
  const { length } = values;
  if (values.isSigned) return { length, scales, zeros, part: (start, end) => values.part(start, end) };
  return {
    length,
    scales,
    zeros: zeros.map((zero) => zero - 128),
    part: (start, end) => moved(values.part(start, end)),
  };
}

/** A byte less 128 is the byte with its first bit turned: four at once. */
function moved(part: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(part);
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ 0x80808080;
  for (let i = 4 * words.length; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ 0x80;
  return bytes;
}
