// Publishing: its order, what a second time does, and what it refuses.

import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../model-assets/checkpoint.ts';
import { type Bucket, publish } from '../model-assets/publish.ts';

const FOLDER = join(import.meta.dirname, 'fixtures', 'tiny-bert');

/** A bucket in memory that notes what is written. */
function createBucket(failAt = Number.POSITIVE_INFINITY) {
  const objects = new Map<string, Uint8Array>();
  const written: string[] = [];
  const toObject = (key: string) => {
    const bytes = objects.get(key);
    return bytes
      ? {
          size: bytes.byteLength,
          etag: String(bytes.byteLength),
          // R2 keeps the hash with which an object was put.
          checksums: { sha256: createHash('sha256').update(bytes).digest() },
          text: async () => Buffer.from(bytes).toString(),
        }
      : null;
  };
  const bucket = {
    get: async (key: string) => toObject(key),
    head: async (key: string) => toObject(key),
    list: async ({ prefix }: { prefix: string }) => ({
      truncated: false,
      objects: [...objects.keys()].filter((key) => key.startsWith(prefix)).map((key) => ({ key })),
    }),
    put: async (key: string, value: string | Uint8Array) => {
      if (written.length >= failAt) throw new Error('the connection was lost');
      written.push(key);
      objects.set(key, Buffer.from(value as string));
      return toObject(key);
    },
  };
  return { bucket: bucket as unknown as Bucket, objects, written };
}

test('blobs, then the manifest, then the catalogue', async () => {
  const { bucket, written } = createBucket();
  expect(await publish(bucket, await readCheckpoint(FOLDER, 'tiny'))).toBe(true);
  // The tokenizer, the graph, its weights, and the engine's program.
  const blobs = ['blobs', 'blobs', 'blobs', 'blobs'];
  expect(written.map((key) => key.split('/')[0])).toEqual([...blobs, 'manifests', 'catalogue.json']);
});

test('a second time writes nothing', async () => {
  const { bucket, written } = createBucket();
  const checkpoint = await readCheckpoint(FOLDER, 'tiny');
  await publish(bucket, checkpoint);
  const before = written.length;
  expect(await publish(bucket, checkpoint)).toBe(false);
  expect(written).toHaveLength(before);
});

test('a blob that was altered is mended, though its length is right', async () => {
  const { bucket, objects } = createBucket();
  const checkpoint = await readCheckpoint(FOLDER, 'tiny');
  await publish(bucket, checkpoint);
  const [key = '', bytes = new Uint8Array()] = [...objects].find(([name]) => name.startsWith('blobs/')) ?? [];
  objects.set(key, new Uint8Array(bytes.byteLength));
  expect(await publish(bucket, checkpoint)).toBe(true);
  expect(objects.get(key)).toEqual(bytes);
});

test.each([0, 1, 2, 3, 4, 5])(
  'interrupted after %i writes: no manifest without its blobs, and a second run mends it',
  async (failAt) => {
    const broken = createBucket(failAt);
    const checkpoint = await readCheckpoint(FOLDER, 'tiny');
    await expect(publish(broken.bucket, checkpoint)).rejects.toThrow('the connection was lost');
    if (failAt < 5) expect([...broken.objects.keys()].some((key) => key.startsWith('manifests/'))).toBe(false);
    const mended = createBucket();
    for (const [key, bytes] of broken.objects) mended.objects.set(key, bytes);
    expect(await publish(mended.bucket, checkpoint)).toBe(true);
    expect(mended.written).toHaveLength(6 - failAt);
  },
);

test('the first model of a task becomes its default, the second does not', async () => {
  const { bucket, objects } = createBucket();
  await publish(bucket, await readCheckpoint(FOLDER, 'first'));
  await publish(bucket, await readCheckpoint(FOLDER, 'second'));
  const catalogue = JSON.parse(Buffer.from(objects.get('catalogue.json') ?? []).toString());
  expect(catalogue.defaults).toEqual({ 'text-classification': 'first' });
  expect(catalogue.models.map(({ name }: { name: string }) => name)).toEqual(['first', 'second']);
});

test('a model that is wanted as the default becomes it', async () => {
  const { bucket, objects } = createBucket();
  await publish(bucket, await readCheckpoint(FOLDER, 'first'));
  await publish(bucket, await readCheckpoint(FOLDER, 'second'), true);
  const { defaults } = JSON.parse(Buffer.from(objects.get('catalogue.json') ?? []).toString());
  expect(defaults).toEqual({ 'text-classification': 'second' });
});

test('a catalogue that is damaged is made anew from the manifests', async () => {
  const { bucket, objects } = createBucket();
  await publish(bucket, await readCheckpoint(FOLDER, 'first'));
  await publish(bucket, await readCheckpoint(FOLDER, 'second'));
  const whole = JSON.parse(Buffer.from(objects.get('catalogue.json') ?? []).toString());
  objects.set('catalogue.json', Buffer.from('{"format": 0}'));
  expect(await publish(bucket, await readCheckpoint(FOLDER, 'second'))).toBe(true);
  expect(JSON.parse(Buffer.from(objects.get('catalogue.json') ?? []).toString())).toEqual(whole);
});

test('a trained model takes the place of a seeded default, and keeps it', async () => {
  const { bucket, objects } = createBucket();
  const named = async (name: string, tags: string[]) => {
    const checkpoint = await readCheckpoint(FOLDER, name);
    return { ...checkpoint, manifest: { ...checkpoint.manifest, tags } };
  };
  const defaults = () => JSON.parse(Buffer.from(objects.get('catalogue.json') ?? []).toString()).defaults;
  await publish(bucket, await named('seed', ['seeded']));
  expect(defaults()).toEqual({ 'text-classification': 'seed' });
  await publish(bucket, await named('trained', []));
  await publish(bucket, await named('seed', ['seeded']));
  await publish(bucket, await named('other', []));
  expect(defaults()).toEqual({ 'text-classification': 'trained' });
});

describe('refused when it is added', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    await cp(FOLDER, folder, { recursive: true });
    return () => rm(folder, { recursive: true });
  });
  const edit = async (file: string, change: (json: Record<string, unknown>) => object) => {
    const path = join(folder, file);
    await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
  };

  test('a head that no task runs on', async () => {
    await edit('config.json', (json) => ({ ...json, architectures: ['BertForMultipleChoice'] }));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow('no task runs on BertForMultipleChoice');
  });

  test('a graph without the file of its weights', async () => {
    await rm(join(folder, 'model.onnx.data'));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow(
      'model.onnx keeps weights in model.onnx.data, which is not there',
    );
  });

  test('labels with a gap', async () => {
    await edit('config.json', (json) => ({ ...json, id2label: { 0: 'A', 2: 'C' } }));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow('id2label has no label for 1');
  });

  test('a component of the tokenizer that is not known', async () => {
    await edit('tokenizer.json', (json) => ({ ...json, normalizer: { type: 'Rot13' } }));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow('Rot13');
  });

  test.each(['config.json', 'tokenizer.json', 'model.onnx'])('no %s', async (file) => {
    await rm(join(folder, file));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow(file);
  });
});
