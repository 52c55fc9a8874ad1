// The memory image: weights as the engine reads them, each stored once however many graphs have it.

import { createHash } from 'node:crypto';

/** Where vectors are read. */
const ALIGNMENT = 64;

export class Image {
  readonly #parts: Uint8Array[] = [];
  readonly #known = new Map<string, number>();
  #bytes = 0;

  get byteLength(): number {
    return this.#bytes;
  }

  /** The place of these bytes. */
  place(data: ArrayBufferView): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = createHash('sha256').update(bytes).digest('hex');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const at = this.#bytes;
    const padded = new Uint8Array(Math.ceil(bytes.byteLength / ALIGNMENT) * ALIGNMENT);
    padded.set(bytes);
    this.#parts.push(padded);
    this.#known.set(key, at);
    this.#bytes += padded.byteLength;
    return at;
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    return bytes;
  }
}
