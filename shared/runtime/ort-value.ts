// Tensors in onnxruntime's memory.

import { ServiceError } from '../errors.ts';
import type { Tensor, TensorData } from '../tensor.ts';
import { moveRows } from './move-rows.ts';
import { fail, isCurrent, type OrtModule, pointerAt } from './ort-module.ts';
import type { Held } from './session.ts';

/** onnx.TensorProto.DataType */
const FLOAT = 1;
const UINT8 = 2;
const INT32 = 6;
const INT64 = 7;
export const BOOL = 9;
/** Of the data: the module's own memory. */
const CPU = 1;
const VIEWS = {
  [FLOAT]: Float32Array,
  [UINT8]: Uint8Array,
  [INT32]: Int32Array,
  [INT64]: BigInt64Array,
  [BOOL]: Uint8Array,
} as const;

/** A tensor that the module holds until it is released. */
export class OrtValue implements Held {
  readonly #module: OrtModule;
  #handle: number;
  /** Where the data lies if it is ours, or 0 where onnxruntime has allocated it. */
  #own: number;
  #dims: readonly number[] | undefined;

  constructor(module: OrtModule, handle: number, own = 0) {
    this.#module = module;
    this.#handle = handle;
    this.#own = own;
  }

  get handle(): number {
    return this.#handle;
  }

  get dims(): readonly number[] {
    this.#dims ??= this.#look().dims;
    return this.#dims;
  }

  /** A copy of the data. `name`: for the error that refuses a type of element. */
  read(name: string): Tensor<TensorData> {
    const { type, at, dims } = this.#look();
    const View = VIEWS[type as keyof typeof VIEWS];
    if (!View)
      throw new ServiceError('internal', `output ${name} has elements of type ${type}, which is not supported`);
    const length = dims.reduce((product, dim) => product * dim, 1);
    // The memory is shared, as the build has threads; a slice of it is not.
    return { data: new View(this.#module.HEAPU8.buffer as ArrayBuffer, at, length).slice(), dims };
  }

  pick(order: readonly number[]): void {
    const { type, at, dims } = this.#look();
    const [rows = 0, ...rest] = dims;
    const View = VIEWS[type as keyof typeof VIEWS];
    const size = rest.reduce((product, dim) => product * dim, View.BYTES_PER_ELEMENT);
    if (order.length === rows) {
      const bytes = this.#module.HEAPU8.subarray(at, at + rows * size);
      moveRows(order, {
        copy: (from, to) => bytes.copyWithin(to * size, from * size, (from + 1) * size),
        setAside: (from) => {
          const kept = bytes.slice(from * size, (from + 1) * size);
          return (to) => bytes.set(kept, to * size);
        },
      });
      return;
    }
    const module = this.#module;
    const data = allocate(module, order.length * size);
    order.forEach((from, to) => {
      module.HEAPU8.copyWithin(data + to * size, at + from * size, at + (from + 1) * size);
    });
    const picked = [order.length, ...rest];
    const handle = createTensor(module, type, data, order.length * size, picked);
    this.release();
    [this.#handle, this.#own, this.#dims] = [handle, data, picked];
  }

  release(): void {
    // With an instance that was dropped all of it goes.
    if (!isCurrent(this.#module)) this.#handle = this.#own = 0;
    if (this.#handle) this.#module._OrtReleaseTensor(this.#handle);
    if (this.#own) this.#module._free(this.#own);
    this.#handle = 0;
    this.#own = 0;
  }

  #look(): { type: number; at: number; dims: readonly number[] } {
    const module = this.#module;
    const stack = module.stackSave();
    const at = module.stackAlloc(16);
    if (module._OrtGetTensorData(this.#handle, at, at + 4, at + 8, at + 12) !== 0)
      fail(module, 'a tensor is unreadable');
    const [type, data, list, rank] = [0, 4, 8, 12].map((offset) => pointerAt(module, at + offset));
    const dims = Array.from({ length: rank ?? 0 }, (_, i) => pointerAt(module, (list ?? 0) + 4 * i));
    module._OrtFree(list ?? 0);
    module.stackRestore(stack);
    return { type: type ?? 0, at: data ?? 0, dims };
  }
}

/** Copies a tensor into the module. `isBool`: of bytes, that they are truth values. */
export function toOrtValue(module: OrtModule, { data, dims }: Tensor<TensorData>, isBool: boolean): OrtValue {
  const at = allocate(module, data.byteLength);
  module.HEAPU8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  return new OrtValue(module, createTensor(module, isBool ? BOOL : typeOf(data), at, data.byteLength, dims), at);
}

function typeOf(data: TensorData): number {
  if (data instanceof BigInt64Array) return INT64;
  if (data instanceof Int32Array) return INT32;
  return data instanceof Uint8Array ? UINT8 : FLOAT;
}

function allocate(module: OrtModule, bytes: number): number {
  // Of nothing, some allocators give nothing.
  const at = module._malloc(Math.max(bytes, 1));
  if (!at) throw new Error(`onnxruntime has no room for ${bytes} bytes`);
  return at;
}

function createTensor(module: OrtModule, type: number, data: number, bytes: number, dims: readonly number[]): number {
  const stack = module.stackSave();
  const list = module.stackAlloc(Math.max(4, 4 * dims.length));
  module.HEAP32.set(dims, list >> 2);
  const handle = module._OrtCreateTensor(type, data, bytes, list, dims.length, CPU);
  module.stackRestore(stack);
  if (!handle) {
    module._free(data);
    fail(module, 'a tensor cannot be made');
  }
  return handle;
}
