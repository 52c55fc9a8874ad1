// A read that never ends: those who wait are told so after a while, and nobody else waits.

import { beforeEach, expect, test } from 'vitest';
import { blobKey, openedBlobsOf } from '../../shared/model/manifest.ts';
import { ManifestReader } from '../../shared/model/manifest-reader.ts';
import { ModelStore } from '../../shared/model/model-store.ts';
import { TokenizerStore } from '../../shared/model/tokenizer-store.ts';
import { bucket, publishTinyBert, source, tinyBert } from '../http/worker.ts';

const BUDGET = 8 * 2 ** 20;
const PATIENCE = 200;
const keys = openedBlobsOf(tinyBert).map(blobKey);

beforeEach(async () => {
  for (const name of ['stalls', 'other']) await publishTinyBert({ name });
  for (const { sha256 } of openedBlobsOf(tinyBert)) await caches.default.delete(`https://blobs.invalid/${sha256}`);
});

/** Of which a blob is read only when it is told so. */
function stalled() {
  const go = Promise.withResolvers<void>();
  const get = async (key: string) => {
    if (keys.includes(key)) await go.promise;
    return bucket().get(key);
  };
  return { ...source(), bucket: { get } as unknown as R2Bucket, go: go.resolve };
}

test('others open meanwhile, and the next request for the same model reads anew', async () => {
  const store = new ModelStore(new ManifestReader(60_000), BUDGET, BUDGET, PATIENCE);
  const slow = stalled();
  const waiting = expect(store.acquire('stalls', slow)).rejects.toMatchObject({
    code: 'model_unavailable',
    message: 'model stalls was not read from the bucket within 0.2 s; send the request again',
  });
  (await store.acquire('other', source())).release();
  await waiting;
  expect(store.open).toEqual(['other']);
  (await store.acquire('stalls', source())).release();
  expect(store.open).toEqual(['other', 'stalls']);
});

test('what nobody waits for any more holds no memory when it opens after all', async () => {
  const single = new ModelStore(new ManifestReader(60_000), BUDGET);
  (await single.acquire('other', source())).release();
  // Room for one, and not for a second.
  const bytes = single.bytesOf('other') ?? 0;
  const store = new ModelStore(new ManifestReader(60_000), bytes, bytes, PATIENCE);
  const slow = stalled();
  await expect(store.acquire('stalls', slow)).rejects.toMatchObject({ code: 'model_unavailable' });
  slow.go();
  await expect.poll(async () => (await store.acquire('other', source())).release()).toBeUndefined();
  expect(store.open).toEqual(['other']);
});

test('a tokenizer, too', async () => {
  const store = new TokenizerStore(new ManifestReader(60_000), PATIENCE);
  await expect(store.open('stalls', stalled())).rejects.toMatchObject({ code: 'model_unavailable' });
  expect((await store.open('stalls', source())).manifest.name).toBe('stalls');
});
