// The local bucket: the R2 of wrangler, by the same calls as the account's.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLocal } from '../../model-assets/bucket/local.ts';
import type { ObjectStore } from '../../model-assets/bucket/object-store.ts';
import { publish } from '../../model-assets/bucket/publish.ts';
import { verify } from '../../model-assets/bucket/verify.ts';
import { inMemory } from '../../model-assets/content.ts';
import { Host } from '../../model-assets/host/start-host.ts';
import { checkpointOf } from './servers/published.ts';

const host = new Host();
let state = '';
let store: ObjectStore;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'local-bucket-'));
  const { origin } = await host.ask({ kind: 'bucket', state, bucket: 'models' });
  store = openLocal(new URL(origin));
});
afterAll(async () => {
  await host.close();
  await rm(state, { recursive: true });
});

const ignore = () => undefined;

test('conditions', async () => {
  expect(await store.put('a/b c.json', '1', 'nothing')).toBe(true);
  expect(await store.put('a/b c.json', '2', 'nothing')).toBe(false);
  const { text, etag } = (await store.get('a/b c.json')) ?? expect.fail('nothing is there');
  expect(text).toBe('1');
  expect(await store.put('a/b c.json', '3', { etag })).toBe(true);
  expect(await store.put('a/b c.json', '4', { etag })).toBe(false);
  await store.delete('a/b c.json');
  expect(await store.get('a/b c.json')).toBeNull();
  expect(await store.put('a/b c.json', '5', { etag })).toBe(false);
});

test('a large blob is streamed, and refused where it is another', async () => {
  const bytes = randomBytes(5_000_000);
  const ref = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength };
  await store.putBlob(ref, inMemory(bytes), ignore);
  expect(await store.head(`blobs/${ref.sha256}`)).toEqual({ bytes: ref.bytes, sha256: ref.sha256 });
  const read = await store.read(`blobs/${ref.sha256}`, async (chunks) => {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return Buffer.concat(all);
  });
  expect(read?.equals(bytes)).toBe(true);
  const wrong = { ...ref, sha256: 'f'.repeat(64) };
  await expect(store.putBlob(wrong, inMemory(bytes), ignore)).rejects.toThrow(/the bucket refuses PUT blobs\/f+: 400/);
  expect(await store.head(`blobs/${wrong.sha256}`)).toBeNull();
});

test('lists', async () => {
  for (let i = 0; i < 5; i++) await store.put(`list/${i}`, 'x', undefined);
  const keys: string[] = [];
  for await (const { key } of store.list('list/')) keys.push(key);
  expect(keys).toEqual(['list/0', 'list/1', 'list/2', 'list/3', 'list/4']);
});

test('what is published in it verifies', async () => {
  expect(await publish(store, await checkpointOf('tiny'))).toBe(true);
  expect(await publish(store, await checkpointOf('tiny'))).toBe(false);
  expect((await verify(store, ignore, ignore)).faults).toEqual([]);
});

test('what was altered in it is emptied, and sent again', async () => {
  const checkpoint = await checkpointOf('tiny');
  await publish(store, checkpoint);
  const { sha256, bytes } = checkpoint.manifest.tokenizer;
  await store.put(`blobs/${sha256}`, 'x'.repeat(bytes), undefined);
  expect((await verify(store, ignore, ignore, true)).faults).toEqual([expect.stringContaining('it is empty now')]);
  expect((await store.head(`blobs/${sha256}`))?.bytes).toBe(0);
  expect(await publish(store, checkpoint)).toBe(true);
  expect((await verify(store, ignore, ignore)).faults).toEqual([]);
});

test('the process that holds it ends when it is told to', async () => {
  const other = new Host();
  await other.ask({ kind: 'bucket', state: join(state, 'other'), bucket: 'models' });
  const { pid } = other;
  await other.close();
  expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
});
