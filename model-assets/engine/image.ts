// The memory image: weights as the engine reads them, each stored once however many graphs have it.

import { createHash } from 'node:crypto';

/** Where vectors are read. */
const ALIGNMENT = 64;
/** From either end, what a weight is looked up by. */
const SAMPLE = 4096;
/** What is in memory of a weight that lies in a file. */
const PART = 2 ** 22;

/** Where an image is kept while it grows: in memory, or in a file. */
export interface ImageStore {
  append(bytes: Uint8Array): void;
  /** What was appended, or a copy. */
  read(at: number, length: number): Uint8Array;
}

export class Image {
  readonly #store: ImageStore;
  readonly #known = new Map<string, number[]>();
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
    return this.placeParts(bytes.byteLength, (start, end) => bytes.subarray(start, end));
  }

  /** The same of bytes that need not be in memory at once. `part`: gives some of them, and may be asked again. */
  placeParts(length: number, part: (start: number, end: number) => Uint8Array): number {
    const key = sampleOf(length, part);
    const alike = this.#known.get(key) ?? [];
    const known = alike.find((at) =>
      partsOf(length).every(
        ([start, end]) => Buffer.compare(this.#store.read(at + start, end - start), part(start, end)) === 0,
      ),
    );
    if (known !== undefined) return known;
    const at = this.#bytes;
    this.#known.set(key, [...alike, at]);
    for (const [start, end] of partsOf(length)) this.#append(part(start, end));
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
function sampleOf(length: number, part: (start: number, end: number) => Uint8Array): string {
  const hash = createHash('sha256').update(part(0, Math.min(SAMPLE, length)));
  hash.update(part(Math.max(0, length - SAMPLE), length));
  return `${length} ${hash.digest('base64')}`;
}

function partsOf(length: number): [start: number, end: number][] {
  return Array.from({ length: Math.ceil(length / PART) }, (_, i) => [i * PART, Math.min((i + 1) * PART, length)]);
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
