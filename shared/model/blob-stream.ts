// A blob's bytes as they come, with their hash taken on the way.

import { ServiceError } from '../errors.ts';
import type { BlobRef } from './manifest.ts';

/** Each chunk is whole only until the next is asked for. */
export type Chunks = AsyncIterable<Uint8Array>;

/** What a reader made of the bytes, or what is wrong with them. */
export type Outcome<T> = { readonly value: T } | { readonly fault: string; readonly cause?: unknown };

/** The default reader of a stream brings a few kilobytes at a time, and takes several times as long. */
const CHUNK = 2 ** 20;

/**
 * Gives `read` the bytes of a body, and says afterwards whether they were those of the blob. Throws what `read` throws of right bytes, and
 * what the body throws where it breaks off.
 */
export async function verified<T>(
  body: ReadableStream,
  ref: BlobRef,
  read: (chunks: Chunks) => Promise<T>,
): Promise<Outcome<T>> {
  const digest = new crypto.DigestStream('SHA-256');
  const writer = digest.getWriter();
  const counter: Counter = { bytes: 0, broken: undefined };
  const all = hashed(chunksOf(body), writer, counter);
  // A reader that gives up does not end it.
  const chunks: Chunks = { [Symbol.asyncIterator]: () => ({ next: () => all.next() }) };
  let value: T | undefined;
  let failure: unknown;
  try {
    value = await read(chunks);
  } catch (error) {
    failure = error;
  }
  // Whoever fails early may do so because the bytes are wrong: that is then the better reason.
  for await (const _ of chunks);
  await writer.close();
  if (counter.broken !== undefined) throw counter.broken;
  if (counter.bytes !== ref.bytes) {
    return {
      fault: `blob ${ref.sha256} has ${counter.bytes} bytes where its manifest says ${ref.bytes}`,
      cause: failure,
    };
  }
  const hash = hex(await digest.digest);
  if (hash !== ref.sha256) return { fault: `blob ${ref.sha256} was altered: its sha256 is ${hash}`, cause: failure };
  if (failure instanceof ServiceError) throw failure;
  if (failure !== undefined)
    throw new ServiceError('model_unavailable', `blob ${ref.sha256} cannot be read`, { cause: failure });
  return { value: value as T };
}

interface Counter {
  bytes: number;
  /** Why the body broke off, if it did. */
  broken: unknown;
}

async function* chunksOf(body: ReadableStream): AsyncGenerator<Uint8Array> {
  const reader = body.getReader({ mode: 'byob' });
  let buffer = new Uint8Array(CHUNK);
  for (;;) {
    const { done, value } = await reader.readAtLeast(CHUNK, buffer);
    if (value && value.byteLength > 0) yield value;
    if (done || !value) return;
    // The same memory comes back under another name.
    buffer = new Uint8Array(value.buffer);
  }
}

async function* hashed(
  chunks: AsyncGenerator<Uint8Array>,
  writer: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView>,
  counter: Counter,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunks) {
      counter.bytes += chunk.byteLength;
      await writer.write(chunk);
      yield chunk;
    }
  } catch (error) {
    // To the reader it is an end; a connection that breaks says nothing of the blob.
    counter.broken = error;
  }
}

/** A hash as manifests write it. */
export const hex = (digest: ArrayBuffer) =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
