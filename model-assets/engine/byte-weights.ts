// Weights in bytes, where they lie: in memory, or in a file, of which the one that was asked for last is in memory. A model has tens of
// millions of them, and the compiler looks at one weight after the other.

import { fromHalves } from './half-bytes.ts';
import { INT4, INT8, type OnnxTensor, UINT4, UINT8 } from './onnx-file.ts';

type Bytes = Int8Array | Uint8Array;

let latest: { readonly of: ByteWeights; readonly values: Bytes } | undefined;

export class ByteWeights {
  readonly length: number;
  readonly isSigned: boolean;
  /** Of each in the file: those of 4 bits are read as bytes. */
  readonly bits: 4 | 8;
  readonly #read: () => Uint8Array;
  readonly #isOwned: boolean;

  /** `read`: gives them as they stand in the file, and may be asked more than once; `isOwned`: each time in an array of their own. */
  constructor(length: number, isSigned: boolean, read: () => Uint8Array, isOwned = false, bits: 4 | 8 = 8) {
    this.length = length;
    this.isSigned = isSigned;
    this.bits = bits;
    this.#read = read;
    this.#isOwned = isOwned;
  }

  static of(values: Bytes): ByteWeights {
    const { buffer, byteOffset, length } = values;
    return new ByteWeights(length, values instanceof Int8Array, () => new Uint8Array(buffer, byteOffset, length));
  }

  /** Undefined where its elements are none of 4 or 8 bits. */
  static ofTensor({ type, dims, byteLength, read, isOutside }: OnnxTensor): ByteWeights | undefined {
    if (type === INT8 || type === UINT8) return new ByteWeights(byteLength, type === INT8, read, isOutside);
    if (type !== INT4 && type !== UINT4) return undefined;
    const count = dims.reduce((product, size) => product * size, 1);
    const isSigned = type === INT4;
    return new ByteWeights(count, isSigned, () => fromHalves(read(), count, isSigned), true, 4);
  }

  /** The caller's own, to be changed. */
  copy(): Uint8Array {
    latest = undefined;
    const bytes = this.#read();
    return this.#isOwned ? bytes : new Uint8Array(bytes);
  }

  /** To be used at once: it is read anew after another was. */
  read(): Bytes {
    if (latest?.of === this) return latest.values;
    const bytes = this.#read();
    const values = this.isSigned ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
    latest = { of: this, values };
    return values;
  }
}
