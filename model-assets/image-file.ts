// The file of a program, written weight by weight: in memory, a model's weights would be there three times over.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { BlobRef } from '../shared/model/manifest.ts';
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

  /** Writes `front` and then the image to the file `path`, of which it tells the hash and the length. */
  async writeBehind(front: Uint8Array, path: string): Promise<BlobRef> {
    const hash = createHash('sha256').update(front);
    const file = await open(path, 'w');
    try {
      await file.appendFile(front);
      const chunk = new Uint8Array(CHUNK);
      for (let at = 0; at < this.#length; ) {
        const read = readSync(this.#file, chunk, 0, Math.min(CHUNK, this.#length - at), at);
        if (read === 0) throw new Error(`${this.#path} was cut while it was written`);
        hash.update(chunk.subarray(0, read));
        await file.appendFile(chunk.subarray(0, read));
        at += read;
      }
    } finally {
      await file.close();
    }
    return { sha256: hash.digest('hex'), bytes: front.byteLength + this.#length };
  }

  /** Ends the image's own file. */
  async close(): Promise<void> {
    closeSync(this.#file);
    await rm(this.#path, { force: true });
  }
}
