// Reads blobs: from the location's cache, else from R2, and believes neither before the hash is right.

import { ServiceError } from '../errors.ts';
import type { Meter } from '../meter.ts';
import { type Chunks, hex, type Outcome, verified } from './blob-stream.ts';
import { readObject } from './bucket.ts';
import { type BlobRef, blobKey } from './manifest.ts';

/** Where blobs are read from, and on whose account. */
export interface BlobSource {
  readonly bucket: R2Bucket;
  readonly cache: Cache;
  readonly meter: Meter;
  /** Lets a write to the cache outlive the request. */
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * The bytes of a blob, verified against its size and sha256.
 * Throws `model_unavailable` where the bucket lacks the blob or holds other bytes under its name.
 */
export async function readBlob(source: BlobSource, ref: BlobRef): Promise<Uint8Array> {
  const cached = await readCached(source, ref, async (response) => {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const fault = await faultOf(bytes, ref);
    return fault ? { fault } : { value: bytes };
  });
  if (cached) return cached.value;
  const bytes = await source.meter.time('r2', () => readStored(source.bucket, ref), size);
  const fault = await faultOf(bytes, ref);
  if (fault) throw new ServiceError('model_unavailable', fault);
  source.waitUntil(source.cache.put(cacheKey(ref), toResponse(bytes)).catch(() => undefined));
  return bytes;
}

/**
 * What `read` makes of a blob's bytes as they come, with no copy of the whole; it is given them anew, from R2, where those of the cache
 * turn out to be others. Its answer counts once the last byte has proved the hash. Throws as `readBlob` does.
 */
export async function streamBlob<T>(
  source: BlobSource,
  ref: BlobRef,
  read: (chunks: Chunks) => Promise<T>,
): Promise<T> {
  const cached = await readCached(source, ref, ({ body }) => verified(body, ref, read));
  if (cached) return cached.value;
  const outcome = await source.meter.time(
    'r2',
    () => readObject(source.bucket, blobKey(ref), (object) => verified(object.body, ref, read)),
    () => ref.bytes,
  );
  if (!outcome) throw new ServiceError('model_unavailable', `blob ${ref.sha256} is missing`);
  if ('fault' in outcome) throw new ServiceError('model_unavailable', outcome.fault, { cause: outcome.cause });
  source.waitUntil(copyToCache(source, ref).catch(() => undefined));
  return outcome.value;
}

/** Read again, as a stream into the cache: kept beside the open model it would take its memory twice. */
async function copyToCache({ bucket, cache }: BlobSource, ref: BlobRef): Promise<void> {
  const object = await bucket.get(blobKey(ref));
  if (object) await cache.put(cacheKey(ref), toResponse(object.body));
}

async function readStored(bucket: R2Bucket, ref: BlobRef): Promise<Uint8Array> {
  const bytes = await readObject(bucket, blobKey(ref), (object) => object.arrayBuffer());
  if (bytes === null) throw new ServiceError('model_unavailable', `blob ${ref.sha256} is missing`);
  return new Uint8Array(bytes);
}

/**
 * What `read` makes of the cache's copy, if that is right. One that is damaged or breaks off must not stand between the location and the good
 * one in R2, nor must a cache that fails.
 */
async function readCached<T>(
  { cache, meter }: BlobSource,
  ref: BlobRef,
  read: (response: Response & { readonly body: ReadableStream }) => Promise<Outcome<T>>,
): Promise<{ readonly value: T } | undefined> {
  try {
    const response = await cache.match(cacheKey(ref));
    if (!hasBody(response)) return undefined;
    const outcome = await meter.time(
      'cache',
      () => read(response),
      () => ref.bytes,
    );
    if ('value' in outcome) return outcome;
  } catch (error) {
    // What is refused of the right bytes is no fault of the cache.
    if (error instanceof ServiceError) throw error;
  }
  await cache.delete(cacheKey(ref)).catch(() => false);
  return undefined;
}

const hasBody = (response: Response | undefined): response is Response & { readonly body: ReadableStream } =>
  Boolean(response?.body);

async function faultOf(bytes: Uint8Array, ref: BlobRef): Promise<string | undefined> {
  if (bytes.byteLength !== ref.bytes) {
    return `blob ${ref.sha256} has ${bytes.byteLength} bytes where its manifest says ${ref.bytes}`;
  }
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return hex(digest) === ref.sha256 ? undefined : `blob ${ref.sha256} was altered: its sha256 is ${hex(digest)}`;
}

/** The Cache API wants a URL; nothing answers at this one. */
const cacheKey = ({ sha256 }: BlobRef) => `https://blobs.invalid/${sha256}`;

function toResponse(bytes: Uint8Array | ReadableStream): Response {
  const headers = {
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'application/octet-stream',
  };
  return new Response(bytes, { headers });
}

const size = (bytes: Uint8Array) => bytes.byteLength;
