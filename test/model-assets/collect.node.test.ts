// What nobody needs goes, and nothing else: beside publishers, too.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { collectGarbage, removeModel } from '../../model-assets/bucket/collect.ts';
import type { ObjectStore } from '../../model-assets/bucket/object-store.ts';
import { publish } from '../../model-assets/bucket/publish.ts';
import { openRemote } from '../../model-assets/bucket/remote.ts';
import { verify } from '../../model-assets/bucket/verify.ts';
import { checkpointOf, withOwnBlob } from './servers/published.ts';
import { S3Server } from './servers/s3-server.ts';

const QUICK = { attempts: 2, pause: 1, longest: 1000 };
const HOUR = 3600_000;
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
const orphan = async (text = 'orphan') => {
  const { sha256, blobs } = await withOwnBlob('orphan', text);
  const content = blobs.get(sha256) ?? expect.fail('no blob');
  await store.putBlob({ sha256, bytes: content.size }, content, ignore);
  return `blobs/${sha256}`;
};

describe('remove', () => {
  test('its blobs go with gc, and those that another model needs stay', async () => {
    await publish(store, await checkpointOf('first'));
    const second = await withOwnBlob('second', 'its own');
    await publish(store, second);
    await removeModel(store, 'second');
    expect(server.keys()).toContain(`blobs/${second.sha256}`);
    expect(await collectGarbage(store, undefined)).toEqual({ blobs: 1, bytes: 7, uploads: 0 });
    expect(server.keys()).not.toContain(`blobs/${second.sha256}`);
    expect(server.keys('manifests/')).toEqual(['manifests/first.json']);
    expect(catalogue().models.map(({ name }: { name: string }) => name)).toEqual(['first']);
    expect(await faults()).toEqual([]);
  });

  test('the next model of its task becomes the default; the last leaves none', async () => {
    await publish(store, await checkpointOf('first'));
    await publish(store, await checkpointOf('second'));
    await removeModel(store, 'first');
    expect(catalogue().defaults).toEqual({ 'text-classification': 'second' });
    await removeModel(store, 'second');
    expect(catalogue()).toEqual({ format: 1, models: [], defaults: {} });
    expect(server.keys('manifests/')).toEqual([]);
  });

  test('a model that is not there', async () => {
    await expect(removeModel(store, 'x')).rejects.toThrow('there is no model x');
    expect(server.keys('collecting')).toEqual([]);
  });

  test('a model whose manifest is damaged can be removed, and gc takes the rest', async () => {
    await publish(store, await checkpointOf('x'));
    await store.put('manifests/x.json', '{}', undefined);
    await expect(collectGarbage(store, undefined)).rejects.toThrow('or remove x');
    await removeModel(store, 'x');
    expect((await collectGarbage(store, undefined)).blobs).toBe(7);
    expect(server.keys('blobs/')).toEqual([]);
  });

  test('where nobody knows what another needs, all blobs stay', async () => {
    await publish(store, await checkpointOf('a'));
    await publish(store, await withOwnBlob('b', 'its own'));
    await store.put('manifests/b.json', '{}', undefined);
    const before = server.keys('blobs/');
    await removeModel(store, 'a');
    await expect(collectGarbage(store, undefined)).rejects.toThrow(
      /the manifest of model b cannot be read.*or remove b/,
    );
    expect(server.keys('blobs/')).toEqual(before);
    expect(catalogue().models.map(({ name }: { name: string }) => name)).toEqual(['b']);
  });

  test('interrupted at each request, and run again', async () => {
    await publish(store, await checkpointOf('x'));
    server.seen.length = 0;
    await removeModel(store, 'x');
    const count = server.seen.length;
    for (let at = 0; at < count; at++) {
      await publish(store, await checkpointOf('x'));
      let seen = 0;
      server.fault = () => (seen++ < at ? undefined : 'cut');
      await removeModel(store, 'x').catch(ignore);
      server.fault = () => undefined;
      // As if its mark had become old.
      await store.delete('collecting.json');
      await removeModel(store, 'x').catch(ignore);
      await collectGarbage(store, undefined);
      expect(server.keys(), `request ${at}`).toEqual(['catalogue.json']);
      expect(catalogue().models, `request ${at}`).toEqual([]);
    }
  });
});

describe('gc', () => {
  test('what no model needs goes', async () => {
    await publish(store, await checkpointOf('x'));
    await orphan();
    expect(await collectGarbage(store, undefined)).toEqual({ blobs: 1, bytes: 6, uploads: 0 });
    expect(await faults()).toEqual([]);
    expect(await collectGarbage(store, undefined)).toEqual({ blobs: 0, bytes: 0, uploads: 0 });
  });

  test('not while a Worker may still read what was replaced', async () => {
    await publish(store, await checkpointOf('x'));
    const stored = server.objects.get('manifests/x.json') ?? expect.fail('no manifest');
    stored.modified = new Date(Date.now() - HOUR);
    await expect(collectGarbage(store, HOUR)).rejects.toThrow(/run gc in [89]\d s, or with --now/);
    expect((await collectGarbage(store, HOUR / 2)).blobs).toBe(0);
  });

  test('not while a Worker may still read what was removed, also where that was interrupted', async () => {
    await publish(store, await checkpointOf('x'));
    await publish(store, await checkpointOf('y'));
    const dated = (key: string) => server.objects.get(key) ?? expect.fail(`no ${key}`);
    for (const key of server.keys('manifests/')) dated(key).modified = new Date(Date.now() - HOUR);
    await removeModel(store, 'x');
    await expect(collectGarbage(store, HOUR / 2)).rejects.toThrow(/^a model was removed \d s ago.*, or with --now/);
    expect(server.keys('blobs/')).toHaveLength(7);
    dated('removed.json').modified = new Date(Date.now() - HOUR);
    await collectGarbage(store, HOUR / 2);
    server.fault = ({ method, key }) => (method === 'DELETE' && key === 'manifests/y.json' ? 'lose' : undefined);
    await expect(removeModel(store, 'y')).rejects.toThrow();
    server.fault = () => undefined;
    await expect(collectGarbage(store, HOUR / 2)).rejects.toThrow('a model was removed');
    expect((await collectGarbage(store, undefined)).blobs).toBe(7);
    expect(server.keys()).toEqual(['catalogue.json']);
  });

  test('two at once: one of them gives way', async () => {
    await store.put('collecting.json', JSON.stringify({ id: 'other', since: Date.now() }), undefined);
    await expect(collectGarbage(store, undefined)).rejects.toThrow('models are being removed by another');
  });

  describe('one that is slow', () => {
    const other = {
      bytes: Buffer.from(JSON.stringify({ id: 'other', since: Date.now() })),
      etag: '"other"',
      meta: undefined,
      modified: new Date(),
    };
    /** When the blobs are listed, this goes on a while later; `isTaken`: by when another has set its mark. */
    function beSlow(isTaken: boolean) {
      let late = 0;
      vi.spyOn(store, 'now').mockImplementation(() => Date.now() + late);
      server.fault = ({ query }) => {
        if (late > 0 || query.get('prefix') !== 'blobs/') return undefined;
        late = 70_000;
        if (isTaken) server.objects.set('collecting.json', other);
        return undefined;
      };
    }

    test('renews its mark', async () => {
      await orphan();
      beSlow(false);
      expect((await collectGarbage(store, undefined)).blobs).toBe(1);
      expect(server.seen.filter(({ method, key }) => method === 'PUT' && key === 'collecting.json')).toHaveLength(2);
      expect(server.keys()).toEqual([]);
    });

    test('gives way to another that took its mark for a dead one’s, and leaves that one’s', async () => {
      const key = await orphan();
      beSlow(true);
      await expect(collectGarbage(store, undefined)).rejects.toThrow('another removes models by now');
      expect(server.keys()).toEqual([key, 'collecting.json']);
      expect(server.text('collecting.json')).toContain('other');
    });
  });

  test('one that was killed is in nobody’s way for long', async () => {
    await store.put('collecting.json', JSON.stringify({ id: 'killed', since: Date.now() - HOUR }), undefined);
    const key = await orphan();
    await collectGarbage(store, undefined);
    expect(server.keys()).not.toContain(key);
    expect(server.keys('collecting')).toEqual([]);
  });
});

describe('beside a publisher', () => {
  test.each(['', '{"id":', 'null'])('a mark or a claim that says %j is in nobody’s way', async (text) => {
    for (const key of ['collecting.json', 'publishing/cut.json']) await store.put(key, text, undefined);
    expect(await publish(store, await checkpointOf('x'))).toBe(true);
    const key = await orphan();
    expect((await collectGarbage(store, undefined)).blobs).toBe(1);
    expect(server.keys()).not.toContain(key);
    await removeModel(store, 'x');
    expect(server.keys('collecting')).toEqual([]);
  });

  test('what it relies on is spared, whatever it has not yet said', async () => {
    // The blob is there from an earlier run, and is what the publisher does not send again.
    const checkpoint = await withOwnBlob('x', 'kept');
    const key = await orphan('kept');
    let isTried = false;
    server.fault = async ({ method, key: asked }) => {
      if (method !== 'PUT' || !asked.startsWith('manifests/') || isTried) return undefined;
      isTried = true;
      await collectGarbage(openRemote(server.account, QUICK), undefined);
      return undefined;
    };
    await publish(store, checkpoint);
    expect(isTried).toBe(true);
    expect(server.keys()).toContain(key);
    expect(await faults()).toEqual([]);
  });

  test('a publisher that begins while it is at work waits until it is done', async () => {
    const checkpoint = await withOwnBlob('x', 'kept');
    const key = await orphan('kept');
    let publishing: Promise<boolean> | undefined;
    const onWait = vi.fn();
    server.fault = async ({ method, key: asked }) => {
      if (method === 'DELETE' && asked === key && !publishing) {
        publishing = publish(openRemote(server.account, QUICK), checkpoint, { onWait });
        // It has said what it relies on, too late for this collector.
        await vi.waitFor(() => expect(onWait).toHaveBeenCalled(), 30_000);
      }
      return undefined;
    };
    await collectGarbage(store, undefined);
    await publishing;
    expect(onWait).toHaveBeenCalledOnce();
    expect(server.keys()).toContain(key);
    expect(await faults()).toEqual([]);
  });

  test('a model that is being published is not removed', async () => {
    await publish(store, await checkpointOf('x'));
    await store.put('publishing/other.json', JSON.stringify({ model: 'x', blobs: [] }), 'nothing');
    await expect(removeModel(store, 'x')).rejects.toThrow('x is being published');
  });

  test('a publisher that was killed a day ago is forgotten', async () => {
    const key = await orphan();
    const claim = { model: 'x', blobs: [key.slice('blobs/'.length)] };
    await store.put('publishing/killed.json', JSON.stringify(claim), 'nothing');
    expect((await collectGarbage(store, undefined)).blobs).toBe(0);
    const stored = server.objects.get('publishing/killed.json') ?? expect.fail('no claim');
    stored.modified = new Date(Date.now() - 25 * HOUR);
    expect((await collectGarbage(store, undefined)).blobs).toBe(1);
    expect(server.keys()).toEqual([]);
  });
});
