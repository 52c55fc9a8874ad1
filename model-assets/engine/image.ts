// The memory image: weights as the engine reads them, each stored once however many graphs have it.

import { createHash } from 'node:crypto';

/** Where vectors are read. */
const ALIGNMENT = 64;
/** From either end, what a weight is looked up by. */
const SAMPLE = 4096;

/** Where an image is kept while it grows: in memory, or in a file. */
export interface ImageStore {
  append(bytes: Uint8Array): void;
  /** What was appended, or a copy. */
  read(at: number, length: number): Uint8Array;
}

export class Image {
  readonly #store: ImageStore;
  readonly #known = new Map<string, { readonly at: number; readonly length: number }[]>();
  #bytes = 0;

  constructor(store: ImageStore = new MemoryImage()) {
    this.#store = store;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  /** The place of these bytes. */
  place(data: ArrayBufferView): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = sampleOf(bytes);
    const alike = this.#known.get(key) ?? [];
    const known = alike.find(({ at, length }) => Buffer.compare(this.#store.read(at, length), bytes) === 0);
    if (known) return known.at;
    const at = this.#bytes;
    this.#known.set(key, [...alike, { at, length: bytes.byteLength }]);
    this.#append(bytes);
    this.#append(new Uint8Array(Math.ceil(this.#bytes / ALIGNMENT) * ALIGNMENT - this.#bytes));
    return at;
  }

  toBytes(): Uint8Array {
    return this.#store.read(0, this.#bytes);
  }

  #append(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#store.append(bytes);
    this.#bytes += bytes.byteLength;
  }
}

/** The same for the same bytes; others are compared with those that have it. */
function sampleOf(bytes: Uint8Array): string {
  const hash = createHash('sha256').update(bytes.subarray(0, SAMPLE)).update(bytes.subarray(-SAMPLE));
  return `${bytes.byteLength} ${hash.digest('base64')}`;
}

export class MemoryImage implements ImageStore {
  #bytes = new Uint8Array(2 ** 16);
  #length = 0;

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.byteLength;
    if (end > this.#bytes.byteLength) {
      const longer = new Uint8Array(Math.max(end, 2 * this.#bytes.byteLength));
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }

  read(at: number, length: number): Uint8Array {
    return this.#bytes.slice(at, at + length);
  }
}
