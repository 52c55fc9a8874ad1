// Weights in bytes, where they lie: in memory, or in a file, of which the one that was asked for last is in memory. A model has tens of
// millions of them, and the compiler looks at one weight after the other.

import { INT4, INT8, UINT4, UINT8 } from './element-types.ts';
import { unpackNibbles } from './nibbles.ts';
import type { OnnxTensor } from './onnx-file.ts';

type Bytes = Int8Array | Uint8Array;

let latest: { readonly of: ByteWeights; readonly values: Bytes } | undefined;

export class ByteWeights {
  readonly length: number;
  readonly isSigned: boolean;
  /** Of each in the file: those of 4 bits are read as bytes. */
  readonly bits: 4 | 8;
  readonly #part: (start: number, end: number) => Uint8Array;

  /** `part`: gives some of them as they stand in the file, and may be asked more than once. */
  constructor(length: number, isSigned: boolean, part: (start: number, end: number) => Uint8Array, bits: 4 | 8 = 8) {
    this.length = length;
    this.isSigned = isSigned;
    this.bits = bits;
    this.#part = part;
  }

  static of(values: Bytes): ByteWeights {
    const { buffer, byteOffset, length } = values;
    const bytes = new Uint8Array(buffer, byteOffset, length);
    return new ByteWeights(length, values instanceof Int8Array, (start, end) => bytes.subarray(start, end));
  }

  /** Undefined where its elements are none of 4 or 8 bits. */
  static ofTensor({ type, dims, byteLength, read, part }: OnnxTensor): ByteWeights | undefined {
    if (type === INT8 || type === UINT8) return new ByteWeights(byteLength, type === INT8, part);
    if (type !== INT4 && type !== UINT4) return undefined;
    const count = dims.reduce((product, size) => product * size, 1);
    const isSigned = type === INT4;
    const whole = () => unpackNibbles(read(), count, isSigned);
    return new ByteWeights(count, isSigned, (start, end) => whole().subarray(start, end), 4);
  }

  /** Those from `start` to `end`, to be read only; of 4 bits all are read for it, once for several. */
  part(start: number, end: number): Uint8Array {
    if (this.bits === 8) return this.#part(start, end);
    const { buffer, byteOffset } = this.read();
    return new Uint8Array(buffer, byteOffset + start, end - start);
  }

  /** To be used at once: it is read anew after another was. */
  read(): Bytes {
    if (latest?.of === this) return latest.values;
    const bytes = this.#part(0, this.length);
    const values = this.isSigned ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
    latest = { of: this, values };
    return values;
  }
}
