// Weights in bytes as the engine reads tables of them: signed.

import type { Quantized } from './ir.ts';

/** The same weights in signed bytes; those of a file that are unsigned are moved with their zero points. */
export function toSigned(quantized: Quantized): Quantized & { readonly values: Int8Array } {
  const { values, zeros } = quantized;
  if (values instanceof Int8Array) return { ...quantized, values };
  // A byte less 128 is the byte with its first bit turned: four at once, as a table may have tens of millions.
  const words = new Uint32Array(Math.ceil(values.length / 4));
  const bytes = new Uint8Array(words.buffer);
  bytes.set(values);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ 0x80808080;
  const moved = new Int8Array(words.buffer, 0, values.length);
  return { ...quantized, values: moved, zeros: zeros.map((zero) => zero - 128) };
}
