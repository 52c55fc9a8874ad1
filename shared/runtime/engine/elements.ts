// Elements on their way between tensors, whose integers have 64 bits as exporters write them, and the engine, whose have 32.

import { ServiceError } from '../../errors.ts';
import type { TensorData } from '../../tensor.ts';

// onnx.TensorProto.DataType
const FLOAT = 1;
const UINT8 = 2;
const INT32 = 6;
const INT64 = 7;
const BOOL = 9;

/** Throws `invalid_input` for a number that 32 bits do not hold. */
export function toInt32(data: Exclude<TensorData, Float32Array>, target: Int32Array): void {
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (value !== (value | 0))
      throw new ServiceError('invalid_input', `${data[i]} is too large a number for the engine`);
    target[i] = value;
  }
}

/** A copy of what lies in the engine, as elements of a type of ONNX. */
export function toTensorData(type: number, words: Int32Array): TensorData {
  if (type === FLOAT) return new Float32Array(words.slice().buffer);
  if (type === INT64) return BigInt64Array.from(words, BigInt);
  if (type === INT32) return words.slice();
  if (type === BOOL || type === UINT8) return Uint8Array.from(words);
  throw new ServiceError('internal', `an output has elements of type ${type}, which is not supported`);
}

/** Bytes of an element of what `toTensorData` gives. */
export function tensorBytes(type: number): number {
  if (type === INT64) return 8;
  return type === BOOL || type === UINT8 ? 1 : 4;
}

/** [rows, heads, tokens, size] out of a buffer with room behind the tokens of each head. */
export function withoutRoom(
  floats: Float32Array,
  [rows = 1, heads = 1, tokens = 1, size = 1]: readonly number[],
): Float32Array {
  const stride = floats.length / (rows * heads);
  const result = new Float32Array(rows * heads * tokens * size);
  for (let head = 0; head < rows * heads; head++) {
    result.set(floats.subarray(head * stride, head * stride + tokens * size), head * tokens * size);
  }
  return result;
}
