// The file of a program, written weight by weight: in memory, a model's weights would be there three times over.

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { ImageStore } from './engine/image.ts';

const CHUNK = 2 ** 20;

export class ImageFile implements ImageStore {
  readonly #path: string;
  readonly #file: number;
  #length = 0;

  /** `path`: of a file that is made, or made anew. */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'w+');
  }

  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.byteLength; ) {
      done += writeSync(this.#file, bytes, done, bytes.byteLength - done, this.#length + done);
    }
    this.#length += bytes.byteLength;
  }

  read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const read = readSync(this.#file, bytes, done, length - done, at + done);
      if (read === 0) throw new Error(`${this.#path} was cut while it was written`);
      done += read;
    }
    return bytes;
  }

  /** Writes `front` and then the image to the file `path`. */
  async writeBehind(front: Uint8Array, path: string): Promise<void> {
    const file = await open(path, 'w');
    try {
      await file.appendFile(front);
      const chunk = new Uint8Array(CHUNK);
      for (let at = 0; at < this.#length; ) {
        const read = readSync(this.#file, chunk, 0, Math.min(CHUNK, this.#length - at), at);
        if (read === 0) throw new Error(`${this.#path} was cut while it was written`);
        await file.appendFile(chunk.subarray(0, read));
        at += read;
      }
    } finally {
      await file.close();
    }
  }

  /** Ends the image's own file. */
  async close(): Promise<void> {
    closeSync(this.#file);
    await rm(this.#path, { force: true });
  }
}
