// Weights in bytes as the engine reads tables of them: signed.

import type { Quantized } from './ir.ts';

/** The same weights in signed bytes; those of a file that are unsigned are moved with their zero points. */
export function toSigned(quantized: Quantized): Omit<Quantized, 'values'> & { readonly values: Int8Array } {
  const { zeros } = quantized;
  if (quantized.values.isSigned) {
    const values = quantized.values.read();
    return { ...quantized, values: new Int8Array(values.buffer, values.byteOffset, values.length) };
  }
  // A byte less 128 is the byte with its first bit turned: four at once, as a table may have tens of millions.
  const bytes = quantized.values.copy();
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ 0x80808080;
  for (let i = 4 * words.length; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ 0x80;
  const moved = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return { ...quantized, values: moved, zeros: zeros.map((zero) => zero - 128) };
}
