// A read that never ends: those who wait are told so after a while, and nobody else waits.

import { beforeEach, expect, test } from 'vitest';
import { blobKey, manifestKey, openedBlobsOf } from '../../shared/model/manifest.ts';
import { ManifestReader } from '../../shared/model/manifest-reader.ts';
import { ModelStore } from '../../shared/model/model-store.ts';
import { TokenizerStore } from '../../shared/model/tokenizer-store.ts';
import { bucket, publishTinyBert, source, tinyBert } from '../http/worker.ts';

const BUDGET = 8 * 2 ** 20;
/** Milliseconds, of which a sound opening takes a few: no test waits for one with so little patience. */
const SHORT = 200;
const blobs = openedBlobsOf(tinyBert).map(blobKey);
const LATE = {
  code: 'model_unavailable',
  message: expect.stringContaining('was not read from the bucket within 0.2 s'),
};

beforeEach(async () => {
  for (const name of ['stalls', 'other']) await publishTinyBert({ name });
  for (const { sha256 } of openedBlobsOf(tinyBert)) await caches.default.delete(`https://blobs.invalid/${sha256}`);
});

/** In which some objects are read only when it is told so. */
function stalled(keys: readonly string[]) {
  const go = Promise.withResolvers<void>();
  const kept: Promise<unknown>[] = [];
  const get = async (key: string) => {
    if (keys.includes(key)) await go.promise;
    return bucket().get(key);
  };
  const waitUntil = (promise: Promise<unknown>) => void kept.push(promise);
  return { ...source(), bucket: { get } as unknown as R2Bucket, waitUntil, go: go.resolve, kept };
}

test('others open meanwhile', async () => {
  const store = new ModelStore(new ManifestReader(60_000), BUDGET);
  const slow = stalled(blobs);
  const waiting = store.acquire('stalls', slow);
  (await store.acquire('other', source())).release();
  slow.go();
  (await waiting).release();
  expect(store.open).toEqual(['stalls', 'other']);
});

test('who waits is told so, and what opens after all is closed, and holds no memory', async () => {
  const single = new ModelStore(new ManifestReader(60_000), BUDGET);
  const other = await single.acquire('other', source());
  // Room for one, and not for a second.
  const bytes = single.bytesOf('other') ?? 0;
  const slow = stalled(blobs);
  const store = new ModelStore(new ManifestReader(60_000), bytes, bytes, SHORT);
  await expect(store.acquire('stalls', slow)).rejects.toMatchObject(LATE);
  expect(store.open).toEqual([]);
  slow.go();
  await Promise.all(slow.kept);
  // Had it stayed, there would be no room: patience ends, or the answer is `overloaded`.
  const late = await store.acquire('stalls', source()).catch((error: unknown) => error);
  expect(late).not.toMatchObject({ code: 'overloaded' });
  other.release();
});

test('of a tokenizer, of a manifest and of the catalogue, too', async () => {
  const reader = new ManifestReader(60_000, SHORT);
  await expect(new TokenizerStore(reader, SHORT).open('stalls', stalled(blobs))).rejects.toMatchObject(LATE);
  await expect(reader.read('other', stalled([manifestKey('other')]))).rejects.toMatchObject(LATE);
  await expect(reader.readCatalogue(stalled(['catalogue.json']))).rejects.toMatchObject(LATE);
});
