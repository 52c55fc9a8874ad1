// Bytes that are to be published, in memory or in a file: a model's do not have to fit the tool.

import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';

export interface Content {
  /** Of the whole. */
  readonly size: number;
  readonly source: Uint8Array | { readonly path: string };
}

const CHUNK = 2 ** 20;

export const inMemory = (bytes: Uint8Array): Content => ({ size: bytes.byteLength, source: bytes });

/** Throws where there is no such file. */
export async function inFile(path: string): Promise<Content> {
  const file = await open(path);
  try {
    return { size: (await file.stat()).size, source: { path } };
  } finally {
    await file.close();
  }
}

/** The bytes from `start` up to `end`; a chunk is whole only until the next is asked for. */
export async function* chunksOf({ size, source }: Content, start = 0, end = size): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    yield source.subarray(start, end);
    return;
  }
  const file = await open(source.path);
  try {
    const buffer = new Uint8Array(Math.min(CHUNK, end - start));
    for (let at = start; at < end; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.byteLength, end - at), at);
      if (bytesRead === 0) throw new Error(`${source.path} became shorter while it was read: ${at} of ${size} bytes`);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** The same in one piece. */
export async function bytesOf(content: Content, start = 0, end = content.size): Promise<Uint8Array> {
  const { source, size } = content;
  if (source instanceof Uint8Array) return source.subarray(start, end);
  if (start === 0 && end === size) {
    // A Buffer's slices are views, which those of other arrays are not.
    const { buffer, byteOffset, byteLength } = await readFile(source.path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const bytes = new Uint8Array(end - start);
  let at = 0;
  for await (const chunk of chunksOf(content, start, end)) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** Fills `bytes` with those from `start`; gives what of them there is. */
export async function readInto(bytes: Uint8Array, content: Content, start: number): Promise<Uint8Array> {
  const { source, size } = content;
  const length = Math.min(bytes.byteLength, size - start);
  if (source instanceof Uint8Array) return source.subarray(start, start + length);
  const file = await open(source.path);
  try {
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, start + done);
      if (bytesRead === 0)
        throw new Error(`${source.path} became shorter while it was read: ${start + done} of ${size} bytes`);
      done += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** As hexadecimal digits. */
export async function sha256Of(content: Content): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(content)) hash.update(chunk);
  return hash.digest('hex');
}
