// Types of the elements of ONNX tensors, and their bytes.

import { Unsupported } from './unsupported.ts';

/** onnx.TensorProto.DataType */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;
export const FLOAT16 = 10;
export const DOUBLE = 11;
export const UINT4 = 21;
export const INT4 = 22;
export const TYPE_NAMES: Readonly<Record<number, string>> = {
  [FLOAT]: 'float',
  [UINT8]: 'uint8',
  [INT8]: 'int8',
  [INT32]: 'int32',
  [INT64]: 'int64',
  [BOOL]: 'bool',
  [FLOAT16]: 'float16',
  [DOUBLE]: 'double',
  [UINT4]: 'uint4',
  [INT4]: 'int4',
};

/** Bytes of an element: of those of 4 bits a byte has two, in each of the fields. */
const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  [FLOAT]: 4,
  [UINT8]: 1,
  [INT8]: 1,
  [INT32]: 4,
  [INT64]: 8,
  [BOOL]: 1,
  [FLOAT16]: 2,
  [DOUBLE]: 8,
  [UINT4]: 0.5,
  [INT4]: 0.5,
};

export function checkLength(name: string, type: number, dims: readonly number[], bytes: number): void {
  const each = ELEMENT_BYTES[type];
  const wanted = Math.ceil(dims.reduce((product, size) => product * size, each ?? 0));
  if (each === undefined || (wanted === bytes && dims.every((size) => size >= 0))) return;
  throw new Unsupported(`the tensor ${name} has ${bytes} bytes for the shape [${dims}]`);
}

/** Integers that do not fit become the nearest that do: ends of slices are written as the greatest there is. */
export const toInt32 = (value: number | bigint) => Math.min(Math.max(Number(value), -(2 ** 31)), 2 ** 31 - 1);

/** Elements that stand in the fields of their type, as raw bytes; those of 64 bits as they are computed with. */
export function typed(type: number, floats: number[], ints: number[], doubles: number[]): Uint8Array {
  const arrays: Readonly<Record<number, () => ArrayBufferView>> = {
    [FLOAT]: () => Float32Array.from(floats),
    [DOUBLE]: () => Float64Array.from(doubles),
    [INT64]: () => BigInt64Array.from(ints, (value) => BigInt(toInt32(value))),
    [INT32]: () => Int32Array.from(ints),
    [INT8]: () => Int8Array.from(ints),
    [UINT8]: () => Uint8Array.from(ints),
    [BOOL]: () => Uint8Array.from(ints),
    [FLOAT16]: () => Uint16Array.from(ints),
    [UINT4]: () => Uint8Array.from(ints),
    [INT4]: () => Uint8Array.from(ints),
  };
  const array = arrays[type]?.();
  return array ? new Uint8Array(array.buffer, array.byteOffset, array.byteLength) : new Uint8Array();
}
