// The elements of ONNX tensors as those that the engine computes with: floats and integers of four bytes.

import { BOOL, DOUBLE, FLOAT, FLOAT16, INT32, INT64, TYPE_NAMES, toInt32 } from './element-types.ts';
import type { Elements } from './ir.ts';
import { Unsupported } from './unsupported.ts';

/** Throws for other types. */
export function toElements(type: number, bytes: Uint8Array): Elements {
  if (type === FLOAT && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
  // A copy, as the file may have them on any place.
  const { buffer } = new Uint8Array(bytes);
  if (type === FLOAT) return new Float32Array(buffer);
  if (type === INT32) return new Int32Array(buffer);
  if (type === INT64) return Int32Array.from(new BigInt64Array(buffer), toInt32);
  if (type === BOOL) return Int32Array.from(bytes, (value) => (value ? 1 : 0));
  if (type === DOUBLE) return Float32Array.from(new Float64Array(buffer));
  if (type === FLOAT16) return Float32Array.from(new Uint16Array(buffer), halfToFloat);
  throw new Unsupported(`elements of ${TYPE_NAMES[type] ?? `type ${type}`} are not supported`);
}

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
