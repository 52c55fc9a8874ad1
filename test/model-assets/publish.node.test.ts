// Publishing: its order, what a second time does, two at once, and what an interruption leaves.

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectStore } from '../../model-assets/bucket/object-store.ts';
import { publish } from '../../model-assets/bucket/publish.ts';
import { openRemote } from '../../model-assets/bucket/remote.ts';
import { verify } from '../../model-assets/bucket/verify.ts';
import { checkpointOf, withOwnBlob } from './servers/published.ts';
import { S3Server, type StoredObject } from './servers/s3-server.ts';

const QUICK = { attempts: 2, pause: 1, longest: 1000 };
let server: S3Server;
let store: ObjectStore;

beforeEach(async () => {
  server = await new S3Server().start();
  store = openRemote(server.account, QUICK);
});
afterEach(() => server.close());

const ignore = () => undefined;
const faults = async () => (await verify(store, ignore, ignore)).faults;
const catalogue = () => JSON.parse(server.text('catalogue.json'));
const written = () =>
  server.seen.flatMap(({ method, key }) =>
    method === 'PUT' && !key.startsWith('publishing/') ? [key.split('/')[0]] : [],
  );

test('blobs, then the manifest, then the catalogue', async () => {
  expect(await publish(store, await checkpointOf('tiny'))).toBe(true);
  // The tokenizer and its source, the graph and its weights, the program, config.json and the card.
  expect(written()).toEqual([...Array(7).fill('blobs'), 'manifests', 'catalogue.json']);
  expect(server.keys('publishing/')).toEqual([]);
  expect(await faults()).toEqual([]);
});

test('a second time writes nothing', async () => {
  await publish(store, await checkpointOf('tiny'));
  const before = written().length;
  expect(await publish(store, await checkpointOf('tiny'))).toBe(false);
  expect(written()).toHaveLength(before);
});

describe('a blob of the right length', () => {
  /** Publishes; then one of the blobs is changed. */
  async function publishAndChange(change: Partial<StoredObject>) {
    await publish(store, await checkpointOf('tiny'));
    const [key = ''] = server.keys('blobs/');
    const object = server.objects.get(key) ?? expect.fail('there is no blob');
    server.objects.set(key, { ...object, ...change });
    return { key, object };
  }
  const altered = (bytes: Buffer) => ({ bytes, etag: `"${createHash('md5').update(bytes).digest('hex')}"` });

  test('without what tells its hash is sent again', async () => {
    const { key, object } = await publishAndChange({ meta: undefined });
    expect(await publish(store, await checkpointOf('tiny'))).toBe(true);
    expect(server.objects.get(key)).toMatchObject({ bytes: object.bytes, meta: object.meta });
  });

  test('whose bytes were altered is sent again when verify has emptied it', async () => {
    const { key, object } = await publishAndChange({});
    server.objects.set(key, { ...object, ...altered(Buffer.alloc(object.bytes.byteLength)) });
    expect(await faults()).toEqual([expect.stringMatching(/was altered: .*; verify --repair empties it, then add/)]);
    expect(await publish(store, await checkpointOf('tiny'))).toBe(false);
    const { faults: repaired } = await verify(store, ignore, ignore, true);
    expect(repaired).toEqual([expect.stringContaining('it is empty now, add the model again')]);
    expect(await faults()).toEqual([expect.stringContaining('has 0 bytes')]);
    expect(await publish(store, await checkpointOf('tiny'))).toBe(true);
    expect(server.objects.get(key)?.bytes).toEqual(object.bytes);
    expect(await faults()).toEqual([]);
  });

  test('that another mends while it is verified stays as it is then', async () => {
    const { key, object } = await publishAndChange({});
    server.objects.set(key, { ...object, ...altered(Buffer.alloc(object.bytes.byteLength)) });
    server.fault = ({ method, key: asked }) => {
      if (method === 'PUT' && asked === key) server.objects.set(key, object);
      return undefined;
    };
    const { faults: repaired } = await verify(store, ignore, ignore, true);
    expect(repaired).toEqual([expect.stringContaining('it was changed meanwhile, verify again')]);
    expect(await faults()).toEqual([]);
  });
});

test('a manifest that is damaged is mended', async () => {
  await publish(store, await checkpointOf('tiny'));
  const whole = server.text('manifests/tiny.json');
  await store.put('manifests/tiny.json', '{"format": 1}', undefined);
  expect((await faults())[0]).toContain('the manifest of model tiny cannot be read');
  expect(await publish(store, await checkpointOf('tiny'))).toBe(true);
  expect(server.text('manifests/tiny.json')).toBe(whole);
});

test('a manifest of a newer version is called that, and one of another model is damaged', async () => {
  await publish(store, await checkpointOf('tiny'));
  const { engine, ...rest } = JSON.parse(server.text('manifests/tiny.json'));
  const newer = { ...rest, engine: { ...engine, threads: 2 }, license: 3, fast: true };
  await store.put('manifests/tiny.json', JSON.stringify(newer), undefined);
  const [fault] = await faults();
  expect(fault).toContain('(unknown here: engine.threads, fast); a newer version published it: deploy');
  await store.put('manifests/tiny.json', JSON.stringify({ ...rest, engine, name: 'other' }), undefined);
  expect((await faults())[0]).toContain('model tiny cannot be read (it is that of other); publish it again');
});

describe('defaults', () => {
  test('the first model of a task becomes its default, the second does not, unless it is wanted', async () => {
    await publish(store, await checkpointOf('first'));
    await publish(store, await checkpointOf('second'));
    expect(catalogue().defaults).toEqual({ 'text-classification': 'first' });
    expect(catalogue().models.map(({ name }: { name: string }) => name)).toEqual(['first', 'second']);
    await publish(store, await checkpointOf('second'), { isDefault: true });
    expect(catalogue().defaults).toEqual({ 'text-classification': 'second' });
  });

  test('a trained model takes the place of a seeded default, and keeps it', async () => {
    await publish(store, await checkpointOf('seed', { tags: ['seeded'] }));
    expect(catalogue().defaults).toEqual({ 'text-classification': 'seed' });
    await publish(store, await checkpointOf('trained'));
    await publish(store, await checkpointOf('seed', { tags: ['seeded'] }));
    await publish(store, await checkpointOf('other'));
    expect(catalogue().defaults).toEqual({ 'text-classification': 'trained' });
  });

  test('a model that comes back for another task leaves its old one to the next', async () => {
    await publish(store, await checkpointOf('first'));
    await publish(store, await checkpointOf('second'));
    await publish(store, await checkpointOf('first', { task: 'zero-shot-classification' }));
    expect(catalogue().defaults).toEqual({ 'text-classification': 'second', 'zero-shot-classification': 'first' });
  });
});

test('a catalogue that is damaged is made anew from the manifests', async () => {
  await publish(store, await checkpointOf('first'));
  await publish(store, await checkpointOf('owner/second'));
  const whole = catalogue();
  await store.put('catalogue.json', '{"format": 0}', undefined);
  expect(await publish(store, await checkpointOf('owner/second'))).toBe(true);
  expect(catalogue()).toEqual(whole);
});

describe('two publishers at once', () => {
  test('each of many models is there, and in the catalogue', async () => {
    const names = Array.from({ length: 6 }, (_, i) => `model-${i}`);
    const checkpoints = await Promise.all(names.map((name) => checkpointOf(name)));
    await Promise.all(checkpoints.map((checkpoint) => publish(openRemote(server.account, QUICK), checkpoint)));
    expect(
      catalogue()
        .models.map(({ name }: { name: string }) => name)
        .sort(),
    ).toEqual(names);
    expect(await faults()).toEqual([]);
  });

  test('another writes the catalogue between reading and writing it: its model stays', async () => {
    const other = await checkpointOf('other');
    let isDone = false;
    server.fault = async ({ method, key }) => {
      if (method !== 'PUT' || key !== 'catalogue.json' || isDone) return undefined;
      isDone = true;
      await publish(openRemote(server.account, QUICK), other);
      return undefined;
    };
    await publish(store, await checkpointOf('mine'));
    expect(catalogue().models.map(({ name }: { name: string }) => name)).toEqual(['other', 'mine']);
  });

  test('the same name for two tasks: catalogue and manifest say the same in the end', async () => {
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        publish(openRemote(server.account, QUICK), await checkpointOf('x', { description: `a${round}` })),
        publish(
          openRemote(server.account, QUICK),
          await checkpointOf('x', { task: 'zero-shot-classification', description: `b${round}` }),
        ),
      ]);
      const { task } = JSON.parse(server.text('manifests/x.json'));
      expect(catalogue().models).toEqual([{ name: 'x', task, tags: [] }]);
    }
  });
});

describe('interrupted', () => {
  /** Requests that publishing sends in all. */
  async function requests(): Promise<number> {
    await publish(store, await checkpointOf('tiny'));
    const { length } = server.seen;
    for (const key of server.keys()) server.objects.delete(key);
    server.seen.length = 0;
    return length;
  }

  test.each(['cut', 'lose'] as const)(
    'at each request (%s): readers see all or nothing, and a second run mends it',
    async (fault) => {
      const count = await requests();
      for (let at = 0; at < count; at++) {
        for (const key of server.keys()) server.objects.delete(key);
        let seen = 0;
        // From there on nothing comes through, as if the publisher were gone.
        server.fault = () => {
          const now = seen++;
          return now < at ? undefined : now === at ? fault : 'cut';
        };
        await publish(store, await checkpointOf('tiny')).catch(ignore);
        server.fault = () => undefined;
        const listed = server.keys('catalogue.json').length > 0 ? catalogue().models.length : 0;
        const isWhole = server.keys('manifests/').length > 0;
        if (isWhole) expect(server.keys('blobs/'), `request ${at}`).toHaveLength(7);
        expect(listed, `request ${at}`).toBeLessThanOrEqual(Number(isWhole));
        await publish(store, await checkpointOf('tiny'));
        expect(await faults(), `request ${at}`).toEqual([]);
        expect(catalogue().models).toHaveLength(1);
      }
    },
  );

  test('what has arrived is not sent again', async () => {
    let blobs = 0;
    server.fault = ({ method, key }) =>
      method === 'PUT' && key.startsWith('blobs/') && ++blobs > 3 ? { status: 403 } : undefined;
    await expect(publish(store, await checkpointOf('tiny'))).rejects.toThrow('403');
    const arrived = server.keys('blobs/').length;
    expect(arrived).toBeGreaterThan(0);
    server.fault = () => undefined;
    server.seen.length = 0;
    await publish(store, await checkpointOf('tiny'));
    expect(written().filter((kind) => kind === 'blobs')).toHaveLength(7 - arrived);
  });
});

test('a new revision of a model leaves the blobs of the old one to its readers', async () => {
  const first = await withOwnBlob('x', 'first');
  await publish(store, first);
  await publish(store, await withOwnBlob('x', 'second'));
  expect(server.objects.has(`blobs/${first.sha256}`)).toBe(true);
});
