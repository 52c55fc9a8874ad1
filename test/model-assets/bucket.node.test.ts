// Buckets behind an endpoint that wants signatures: what is asked of them, and what becomes of what they say.

import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PART } from '../../model-assets/bucket/multipart.ts';
import type { ObjectStore } from '../../model-assets/bucket/object-store.ts';
import { type Account, accountOf, openRemote } from '../../model-assets/bucket/remote.ts';
import { inMemory } from '../../model-assets/content.ts';
import { type Fault, S3Server } from './servers/s3-server.ts';

const QUICK = { attempts: 4, pause: 1, longest: 2000 };
let server: S3Server;
let store: ObjectStore;

beforeEach(async () => {
  server = await new S3Server().start();
  store = openRemote(server.account, QUICK);
});
afterEach(() => server.close());

function blobOf(bytes: Uint8Array) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ref: { sha256, bytes: bytes.byteLength }, content: inMemory(bytes), key: `blobs/${sha256}` };
}

const ignore = () => undefined;

describe('signatures', () => {
  test('keys with every kind of character are signed as they are sent', async () => {
    const keys = ['a', 'manifests/owner/na.me-1_2.json', 'with space+plus', "p(ar)en'!*", 'ü/€'];
    for (const key of keys) expect(await store.put(key, key, undefined)).toBe(true);
    for (const key of keys) expect((await store.get(key))?.text).toBe(key);
  });

  test.each<[Partial<Account>, string]>([
    [{ accessKeyId: 'other' }, '403 InvalidAccessKeyId'],
    [{ secretAccessKey: 'other' }, '403 SignatureDoesNotMatch'],
    [{ bucket: 'other' }, '404 NoSuchBucket'],
  ])('%j', async (changed, said) => {
    const other = openRemote({ ...server.account, ...changed }, QUICK);
    const tried = other.put('a', 'b', undefined);
    await expect(tried).rejects.toThrow(`the bucket refuses PUT a: ${said}`);
    await expect(other.get('a')).rejects.toThrow(said);
    expect(server.keys()).toEqual([]);
  });

  test('what is missing in the environment is named', () => {
    expect(() => accountOf({}, 'b')).toThrow(
      'the bucket of your account needs CLOUDFLARE_ACCOUNT_ID or R2_ENDPOINT, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY in the environment',
    );
    const env = { CLOUDFLARE_ACCOUNT_ID: 'abc', R2_ACCESS_KEY_ID: 'i', R2_SECRET_ACCESS_KEY: 's' };
    expect(accountOf(env, 'b')).toMatchObject({ endpoint: 'https://abc.r2.cloudflarestorage.com', bucket: 'b' });
    expect(accountOf({ ...env, R2_BUCKET: 'c', R2_ENDPOINT: 'http://x' }, 'b')).toMatchObject({
      endpoint: 'http://x',
      bucket: 'c',
    });
  });

  test('a payload that is altered on the way is refused', async () => {
    const { ref, content } = blobOf(Buffer.from('right'));
    const other = { size: content.size, source: Buffer.from('wrong') };
    await expect(store.putBlob(ref, other, ignore)).rejects.toThrow('XAmzContentSHA256Mismatch');
  });
});

describe('conditions', () => {
  test('what should be new is written once', async () => {
    expect(await store.put('a', '1', 'nothing')).toBe(true);
    expect(await store.put('a', '2', 'nothing')).toBe(false);
    expect(server.text('a')).toBe('1');
  });

  test('what should be as it was read is not written over what it became, nor where it is gone', async () => {
    await store.put('a', '1', undefined);
    const read = await store.get('a');
    expect(await store.put('a', '2', { etag: read?.etag ?? '' })).toBe(true);
    expect(await store.put('a', '3', { etag: read?.etag ?? '' })).toBe(false);
    await store.delete('a');
    expect(await store.put('a', '4', { etag: read?.etag ?? '' })).toBe(false);
    expect(server.keys()).toEqual([]);
  });
});

test.each<Fault>([{ breakAt: 200_000 }, { stallAt: 200_000 }])(
  'an object that ends or stalls (%j) while it is read is read anew',
  async (fault) => {
    store = openRemote(server.account, QUICK, { bytes: 1000, milliseconds: 300 });
    const bytes = randomBytes(500_000);
    const { ref, content, key } = blobOf(bytes);
    await store.putBlob(ref, content, ignore);
    let left = 2;
    server.fault = () => (left-- > 0 ? fault : undefined);
    let begun = 0;
    const read = await store.read(key, async (chunks) => {
      begun += 1;
      const all: Uint8Array[] = [];
      for await (const chunk of chunks) all.push(chunk);
      return Buffer.concat(all);
    });
    expect(read?.equals(bytes)).toBe(true);
    expect(begun).toBe(3);
    expect(await store.read('blobs/none', async () => 1)).toBeNull();
  },
);

test('an object that never comes is given up, with the reason', async () => {
  store = openRemote(server.account, QUICK, { bytes: 1000, milliseconds: 100 });
  server.fault = () => new Promise(() => undefined);
  await expect(store.read('a', async () => 1)).rejects.toThrow(
    'GET a (less than 1000 bytes came in 0.1 s); given up after',
  );
});

test('lists go on behind their first page', async () => {
  const keys = Array.from({ length: 10 }, (_, i) => `blobs/${i}`);
  for (const key of keys) await store.put(key, key, undefined);
  await store.put('other', '', undefined);
  const found: string[] = [];
  for await (const { key, bytes } of store.list('blobs/')) found.push(`${key} ${bytes}`);
  expect(found).toEqual(keys.map((key) => `${key} ${key.length}`));
});

describe('servers that fail for a while', () => {
  test.each(['cut' as const, { status: 500 }, { status: 503 }, { status: 429, headers: { 'retry-after': '1' } }])(
    '%j, twice',
    async (fault) => {
      let left = 2;
      server.fault = () => (left-- > 0 ? fault : undefined);
      const start = performance.now();
      expect(await store.put('a', '1', 'nothing')).toBe(true);
      expect(server.seen).toHaveLength(3);
      if (typeof fault === 'object' && fault.status === 429) expect(performance.now() - start).toBeGreaterThan(1990);
    },
  );

  test('for ever: it is given up, with what was said last', async () => {
    server.fault = () => ({ status: 503 });
    await expect(store.get('a')).rejects.toThrow('the bucket answers GET a with 503; given up after 4 attempts');
    expect(server.seen).toHaveLength(4);
  });

  test('a server that asks to wait for longer than anybody waits', async () => {
    server.fault = () => ({ status: 429, headers: { 'retry-after': '600' } });
    await expect(store.get('a')).rejects.toThrow('it asks to wait 600 s');
    expect(server.seen).toHaveLength(1);
  });
});

describe('in parts', () => {
  const bytes = randomBytes(2 * PART + 12_345);
  const { ref, content, key } = blobOf(bytes);
  const parts = () => server.seen.filter(({ method, query }) => method === 'PUT' && query.has('partNumber'));

  test('a large blob arrives as it is', async () => {
    let reported = 0;
    await store.putBlob(ref, content, (count) => {
      reported += count;
    });
    expect(reported).toBe(bytes.byteLength);
    expect(server.objects.get(key)?.bytes.equals(bytes)).toBe(true);
    expect(await store.head(key)).toEqual({ bytes: bytes.byteLength, sha256: ref.sha256 });
    expect(
      parts()
        .map((part) => part.bytes)
        .sort(),
    ).toEqual([12_345, PART, PART]);
    expect(server.uploads.size).toBe(0);
  });

  test('a small one comes in one piece', async () => {
    const small = blobOf(randomBytes(1000));
    await store.putBlob(small.ref, small.content, ignore);
    expect(server.seen.map(({ method }) => method)).toEqual(['PUT']);
  });

  test('after an interruption only the parts that did not arrive', async () => {
    let count = 0;
    server.fault = ({ query }) => (query.has('partNumber') && ++count === 3 ? { status: 403 } : undefined);
    await expect(store.putBlob(ref, content, ignore)).rejects.toThrow('403');
    expect(server.objects.has(key)).toBe(false);
    expect(server.uploads.size).toBe(1);
    const before = parts().length;
    server.fault = () => undefined;
    await store.putBlob(ref, content, ignore);
    expect(parts().length - before).toBe(1);
    expect(server.objects.get(key)?.bytes.equals(bytes)).toBe(true);
  });

  test('a content that changes after it was hashed is refused, and nothing of it stays', async () => {
    const changed = {
      size: bytes.byteLength,
      source: Buffer.concat([bytes.subarray(0, -1), Buffer.of(~(bytes.at(-1) ?? 0))]),
    };
    await expect(store.putBlob(ref, changed, ignore)).rejects.toThrow(`blob ${ref.sha256} changed after it was hashed`);
    store.sendAhead(ref, changed);
    await expect(store.putBlob(ref, changed, ignore)).rejects.toThrow('changed after it was hashed');
    expect([server.keys(), server.uploads.size]).toEqual([[], 0]);
  });

  test('a part that arrived as another is sent again', async () => {
    server.fault = ({ method, query }) => (method === 'POST' && query.has('uploadId') ? { status: 403 } : undefined);
    await expect(store.putBlob(ref, content, ignore)).rejects.toThrow('403');
    const [upload] = server.uploads.values();
    upload?.parts.set(2, { bytes: Buffer.alloc(PART), etag: '"other"' });
    server.fault = () => undefined;
    const before = parts().length;
    await store.putBlob(ref, content, ignore);
    expect(parts().length - before).toBe(1);
    expect(server.objects.get(key)?.bytes.equals(bytes)).toBe(true);
  });

  test('the answer to the last request is lost: the next attempt finds it done', async () => {
    let isLost = false;
    server.fault = ({ method, query }) => {
      if (method !== 'POST' || !query.has('uploadId') || isLost) return undefined;
      isLost = true;
      return 'lose';
    };
    await store.putBlob(ref, content, ignore);
    expect(isLost).toBe(true);
    expect(server.objects.get(key)?.bytes.equals(bytes)).toBe(true);
  });

  test('uploads that nobody ended are ended, and no others', async () => {
    server.fault = ({ method, query }) => (method === 'POST' && query.has('uploadId') ? { status: 403 } : undefined);
    await expect(store.putBlob(ref, content, ignore)).rejects.toThrow('403');
    expect(await store.abandonUploads(new Date(Date.now() - 3600_000))).toBe(0);
    expect(await store.abandonUploads(new Date(Date.now() + 3600_000))).toBe(1);
    expect(server.uploads.size).toBe(0);
  });
});
