// Blobs that are sent before it is known whether they are wanted: nobody sees them until they are, and nothing stays where they are not.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PART } from '../../model-assets/bucket/multipart.ts';
import type { ObjectStore } from '../../model-assets/bucket/object-store.ts';
import { openRemote } from '../../model-assets/bucket/remote.ts';
import { verify } from '../../model-assets/bucket/verify.ts';
import { inMemory } from '../../model-assets/content.ts';
import { HubServer } from './servers/hub-server.ts';
import { S3Server } from './servers/s3-server.ts';
import { filesOf, processesWith, run, start } from './servers/tool.ts';

const QUICK = { attempts: 4, pause: 1, longest: 2000 };
let server: S3Server;

beforeEach(async () => {
  server = await new S3Server().start();
});
afterEach(() => server.close());

const ignore = () => undefined;
const parts = () => server.seen.filter(({ method, query }) => method === 'PUT' && query.has('partNumber'));
const arrived = (count: number) =>
  vi.waitFor(() => expect([...server.uploads.values()].map((upload) => upload.parts.size)).toEqual([count]), 30_000);

describe('a blob', () => {
  const bytes = randomBytes(2 * PART + 12_345);
  const ref = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength };
  const key = `blobs/${ref.sha256}`;
  let store: ObjectStore;

  beforeEach(() => {
    store = openRemote(server.account, QUICK);
  });

  test('is there when it is put, of the parts that were sent', async () => {
    store.sendAhead(ref, inMemory(bytes));
    await arrived(3);
    expect(server.keys()).toEqual([]);
    let reported = 0;
    await store.putBlob(ref, inMemory(bytes), (count) => {
      reported += count;
    });
    expect([reported, parts().length, server.uploads.size]).toEqual([bytes.byteLength, 3, 0]);
    expect(server.objects.get(key)?.bytes.equals(bytes)).toBe(true);
    await store.withdraw();
    expect(server.keys()).toEqual([key]);
  });

  test.each([0, 1, 3])('leaves nothing when it is withdrawn after %i parts', async (count) => {
    let seen = 0;
    let isHeld = true;
    server.fault = async ({ query }) => {
      if (query.has('partNumber') && ++seen > count) await vi.waitFor(() => expect(isHeld).toBe(false), 30_000);
      return undefined;
    };
    store.sendAhead(ref, inMemory(bytes));
    await arrived(count);
    const gone = store.withdraw();
    isHeld = false;
    await gone;
    expect([server.uploads.size, server.keys()]).toEqual([0, []]);
  });

  test('is sent again where another has ended the upload', async () => {
    store.sendAhead(ref, inMemory(bytes));
    await arrived(3);
    server.uploads.clear();
    await store.putBlob(ref, inMemory(bytes), ignore);
    expect(server.objects.get(key)?.bytes.equals(bytes)).toBe(true);
    expect([parts().length, server.uploads.size]).toEqual([6, 0]);
  });

  test('that is there, or small, is not sent', async () => {
    await store.putBlob(ref, inMemory(bytes), ignore);
    const small = { sha256: 'a'.repeat(64), bytes: 3 };
    server.seen.length = 0;
    store.sendAhead(ref, inMemory(bytes));
    store.sendAhead(small, inMemory(Buffer.from('abc')));
    await store.withdraw();
    expect(server.seen.map(({ method }) => method)).toEqual(['HEAD']);
  });

  test('that is refused is refused when it is put', async () => {
    server.fault = ({ query }) => (query.has('partNumber') ? { status: 403 } : undefined);
    store.sendAhead(ref, inMemory(bytes));
    await expect(store.putBlob(ref, inMemory(bytes), ignore)).rejects.toThrow('403');
  });
});

describe('a model', () => {
  const ID = 'owner/name';
  let cache = '';
  let hub: HubServer;

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'ahead-'));
  });
  afterEach(async () => {
    await hub.close();
    await rm(cache, { recursive: true });
  });

  const env = () => ({ ...server.env, HF_ENDPOINT: hub.endpoint, EDGE_PIPELINES_CACHE: cache });

  /** The tiny BERT whose weights are followed by more than anybody reads. */
  async function openHub(change: (weights: Buffer) => Buffer = (weights) => weights): Promise<void> {
    const files = filesOf('test/fixtures/tiny-bert');
    const weights = change(files.get('model.onnx.data') ?? Buffer.of());
    files.set('model.onnx.data', Buffer.concat([weights, Buffer.alloc(2 * PART)]));
    hub = await new HubServer(ID, files).start();
  }

  test('that the trial run refuses leaves nothing', async () => {
    await openHub((weights) => Buffer.alloc(weights.byteLength, 0xff));
    const { code, errors } = await run(['add', ID, '--remote'], env());
    expect([code, errors]).toEqual([1, expect.stringContaining('gave numbers that are none')]);
    expect(server.seen.some(({ method, query }) => method === 'POST' && query.has('uploads'))).toBe(true);
    expect([server.uploads.size, server.keys()]).toEqual([0, []]);
  });

  test.skipIf(process.platform !== 'linux')('is nowhere to be seen when the tool is killed, and goes on', async () => {
    await openHub();
    let isKilled = false;
    server.fault = async ({ query }) => {
      if (isKilled || query.get('partNumber') !== '2') return undefined;
      isKilled = true;
      tool.kill();
      await tool.outcome;
      return 'lose';
    };
    const tool = start(['add', ID, '--remote'], env());
    expect((await tool.outcome).code).toBe(null);
    await vi.waitFor(() => expect(processesWith('EDGE_PIPELINES_CACHE', cache)).toEqual([]), { timeout: 20_000 });
    // On a busy machine its checks may end before the second part comes: then it has begun to publish, and what has no manifest is not seen.
    const seen = server.keys().filter((key) => !/^(publishing|blobs)\//.test(key));
    expect([server.uploads.size, seen]).toEqual([1, []]);
    const before = parts().length;
    const { code, errors } = await run(['add', ID, '--remote'], env());
    expect([code, errors, server.uploads.size]).toEqual([0, '', 0]);
    expect(parts().length - before).toBeLessThan(3);
    const { faults, models } = await verify(openRemote(server.account), ignore, ignore);
    expect([faults, models]).toEqual([[], 1]);
  });
});
