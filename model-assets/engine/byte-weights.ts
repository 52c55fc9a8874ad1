// Weights in bytes, where they lie: in memory, or in a file, of which the one that was asked for last is in memory. A model has tens of
// millions of them, and the compiler looks at one weight after the other.

type Bytes = Int8Array | Uint8Array;

let latest: { readonly of: ByteWeights; readonly values: Bytes } | undefined;

export class ByteWeights {
  readonly length: number;
  readonly isSigned: boolean;
  readonly #read: () => Uint8Array;
  readonly #isOwned: boolean;

  /** `read`: gives them as they stand in the file, and may be asked more than once; `isOwned`: each time in an array of their own. */
  constructor(length: number, isSigned: boolean, read: () => Uint8Array, isOwned = false) {
    this.length = length;
    this.isSigned = isSigned;
    this.#read = read;
    this.#isOwned = isOwned;
  }

  static of(values: Bytes): ByteWeights {
    const { buffer, byteOffset, length } = values;
    return new ByteWeights(length, values instanceof Int8Array, () => new Uint8Array(buffer, byteOffset, length));
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
