// A blob whose copy in the cache is no good, or whose cache is none: it is read from R2.

import { beforeAll, expect, test } from 'vitest';
import { ServiceError } from '../../shared/errors.ts';
import { hex } from '../../shared/model/blob-stream.ts';
import { type BlobSource, readBlob, streamBlob } from '../../shared/model/blobs.ts';
import { type BlobRef, blobKey } from '../../shared/model/manifest.ts';
import { bucket, source } from '../http/worker.ts';

const BYTES = crypto.getRandomValues(new Uint8Array(5000));
let ref: BlobRef;

beforeAll(async () => {
  ref = { sha256: hex(await crypto.subtle.digest('SHA-256', BYTES)), bytes: BYTES.byteLength };
  await bucket().put(blobKey(ref), BYTES);
});

const WAYS: Readonly<Record<string, (from: BlobSource) => Promise<Uint8Array>>> = {
  readBlob: (from) => readBlob(from, ref),
  streamBlob: (from) =>
    streamBlob(from, ref, async (chunks) => {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      for await (const chunk of chunks) parts.push(chunk.slice());
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    }),
};

/** A body that breaks off in the middle. */
function broken(): Response {
  let isSent = false;
  const body = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (isSent) controller.error(new Error('the connection is lost'));
      else controller.enqueue(BYTES.slice(0, 3000));
      isSent = true;
    },
  });
  return new Response(body);
}

const fails = async () => {
  throw new Error('the cache is gone');
};

const COPIES: readonly (readonly [string, () => Promise<Response>])[] = [
  ['is cut', async () => new Response(BYTES.slice(0, 3000))],
  ['breaks off', async () => broken()],
  ['cannot be asked for', fails],
];

for (const [way, read] of Object.entries(WAYS)) {
  test.each(COPIES)(`${way}: a copy that %s is read from R2 instead, and put there anew`, async (_, match) => {
    const kept: unknown[] = [];
    const cache = { match, delete: async () => kept.push('deleted'), put: async () => kept.push('put') };
    const waits: Promise<unknown>[] = [];
    const from = { ...source(), cache: cache as unknown as Cache, waitUntil: (it: Promise<unknown>) => waits.push(it) };
    expect(await read(from)).toEqual(BYTES);
    await Promise.all(waits);
    expect(kept).toEqual(['deleted', 'put']);
  });

  test(`${way}: without any cache`, async () => {
    const waits: Promise<unknown>[] = [];
    const cache = { match: fails, delete: fails, put: fails } as unknown as Cache;
    expect(await read({ ...source(), cache, waitUntil: (it) => waits.push(it) })).toEqual(BYTES);
    await Promise.all(waits);
  });
}

test('what is refused of a whole copy is told, and it stays', async () => {
  const cache = { match: async () => new Response(BYTES), delete: fails } as unknown as Cache;
  const error = new ServiceError('overloaded', 'no room');
  const refused = streamBlob({ ...source(), cache }, ref, () => Promise.reject(error));
  await expect(refused).rejects.toBe(error);
});
