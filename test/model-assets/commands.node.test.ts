// The commands as a person gives them, against a bucket on loopback.

import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeModel } from '../../model-assets/bucket/collect.ts';
import { publish } from '../../model-assets/bucket/publish.ts';
import { openRemote } from '../../model-assets/bucket/remote.ts';
import { readCheckpoint } from '../../model-assets/checkpoint.ts';
import { checkpointOf, withOwnBlob } from './servers/published.ts';
import { S3Server } from './servers/s3-server.ts';
import { run } from './servers/tool.ts';

let bucket: S3Server;
let folder = '';
let cache = '';

beforeAll(async () => {
  bucket = await new S3Server().start();
  folder = await mkdtemp(join(tmpdir(), 'commands-'));
  cache = await mkdtemp(join(tmpdir(), 'commands-cache-'));
  const store = openRemote(bucket.account);
  await publish(store, await checkpointOf('first'));
  await publish(store, await withOwnBlob('owner/second', 'its own'));
});
afterAll(async () => {
  await bucket.close();
  for (const each of [folder, cache]) await rm(each, { recursive: true });
});

const models = (...args: string[]) => run([...args, '--remote'], { ...bucket.env, EDGE_PIPELINES_CACHE: cache });

describe('help', () => {
  const names = 'add list show default pull remove gc verify publish explain'.split(' ');

  test.each(names)('%s --help', async (name) => {
    const { code, output } = await run([name, '--help'], {});
    expect([code, output.split('\n')[0]]).toEqual([0, expect.stringContaining(`npm run models -- ${name} `)]);
    // Every option of the usage is told of.
    const options = [...(output.split('\n')[0] ?? '').matchAll(/--[a-z-]+/g)].map(([option]) => option);
    for (const option of options) expect(output.split('\n').slice(1).join('\n')).toContain(option);
  });

  test('without a command, and with one that there is not', async () => {
    const { code, errors } = await run([], {});
    expect([code, errors.split('\n')[0]]).toEqual([2, 'a command is missing']);
    for (const name of names) expect(errors).toContain(`  ${name}`);
    expect((await run(['ad'], {})).errors).toContain('there is no command ad');
    expect((await run(['list', '--remot'], {})).errors).toContain("Unknown option '--remot'");
    expect((await run(['default', 'fill-mask'], {})).errors).toContain('it takes a task and the name of a model');
  });
});

test('explain can be told the task that a checkpoint leaves open, and which of its weights', async () => {
  const open = join(folder, 'open');
  await cp('model-assets/seeded/seeded-bert-zero-shot-classification', open, { recursive: true });
  await rm(join(open, 'README.md'));
  expect((await run(['explain', open], {})).errors).toContain(
    'say --task text-classification or zero-shot-classification',
  );
  const { code, output } = await run(['explain', open, '--task', 'text-classification', '--dtype', 'fp32'], {});
  expect([code, output]).toEqual([0, expect.stringContaining('open runs on edge')]);
  expect((await run(['explain', open, '--dtype', 'int4'], {})).code).toBe(2);
  await rm(open, { recursive: true });
});

describe('explain, of a name', () => {
  test('what is published: as it was, or as it would be otherwise', async () => {
    const { code, output } = await models('explain', 'owner/second', 'first', '--tokens', '64');
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/^owner\/second runs on edge: .*\nfirst runs on edge: /s),
    ]);
    expect(output).not.toContain('another version');
    const other = await models('explain', 'first', '--engine', 'onnxruntime-web');
    expect(other.output).toBe('first runs on onnxruntime-web: it was asked for\n\n');
    const { manifest, blobs, signatures } = await checkpointOf('first');
    const program = manifest.tokenizer;
    const older = { ...manifest, name: 'older', engine: { name: 'edge' as const, reason: 'it knew', program } };
    const store = openRemote(bucket.account);
    await publish(store, { manifest: older, blobs, signatures });
    expect((await models('explain', 'older')).output).toMatch(
      /^older runs on edge: it knew\nit was published by another version of this project;/,
    );
    await removeModel(store, 'older');
  });

  test('what is published with weights in int4, which it needs not be told', async () => {
    const store = openRemote(bucket.account);
    const shipped = 'model-assets/checkpoints/minilm-embeddings';
    await publish(store, await readCheckpoint(shipped, 'minilm-int4', { weights: 'int4' }));
    const { output } = await models('explain', 'minilm-int4');
    expect(output).toMatch(/^minilm-int4 runs on edge: .* linear int4 /s);
    expect(output).not.toContain('another version');
    expect((await models('explain', 'minilm-int4', '--weights', 'given')).output).not.toContain('linear int4');
    await removeModel(store, 'minilm-int4');
    expect((await models('gc', '--now')).code).toBe(0);
  });

  test('what ships; and what is nothing', async () => {
    const { output } = await models('explain', 'minilm-sst2', '--attention', 'int8');
    expect(output).toMatch(/^minilm-sst2 runs on edge: .* attention int8 /s);
    const int4 = await models('explain', 'minilm-sst2', '--weights', 'int4');
    expect(int4.output).toMatch(/^minilm-sst2 runs on edge: .*\n9\.\d MB: .* linear int4 /s);
    const { code, errors } = await models('explain', 'third');
    expect([code, errors]).toEqual([
      1,
      'explain: there is no folder third, and no model of that name is published, or ships\n',
    ]);
  });
});

test('list tells defaults apart, and show what a model is', async () => {
  const { output } = await models('list');
  expect(output).toMatch(/^first {9}text-classification\* {2}bert {2}\S+ [kM]B +edge {2}[0-9a-f]{16}\n/);
  expect(output).toMatch(/\nowner\/second {2}text-classification {3}bert/);
  const shown = (await models('show', 'first')).output;
  expect(shown).toContain('answers requests of text-classification that name no model');
  expect(shown).toMatch(/[0-9a-f]{64} {2} +\d+ {2}model\.onnx\.data/);
  expect(JSON.parse((await models('show', 'owner/second', '--json')).output)).toMatchObject({ name: 'owner/second' });
  expect((await models('show', 'third')).errors).toContain('there is no model third; there are first, owner/second');
});

test('default, and what it refuses', async () => {
  expect((await models('default', 'text-classification', 'owner/second')).output).toContain('is now the default');
  expect((await models('default', 'text-classification', 'owner/second')).output).toContain('was already');
  const { code, errors } = await models('default', 'fill-mask', 'first');
  expect([code, errors]).toEqual([
    1,
    'default: first is published for text-classification; for fill-mask there are none\n',
  ]);
});

test('pull writes the files, and no path that leads out of the folder', async () => {
  // One of this machine that was killed has left a part, and another still writes.
  const partBy = (pid: number) => `config.json.part.${hostname()}.${pid}`;
  for (const pid of [spawnSync('true').pid, process.pid]) await writeFile(join(folder, partBy(pid)), 'half');
  expect((await models('pull', 'first', folder)).output).toContain('5 files');
  expect((await readdir(folder)).sort()).toEqual([
    'README.md',
    'config.json',
    partBy(process.pid),
    'model.onnx',
    'model.onnx.data',
    'tokenizer.json',
  ]);
  const store = openRemote(bucket.account);
  const { manifest } = await checkpointOf('first');
  const bad = { ...manifest, name: 'bad', files: { '../../out.txt': manifest.tokenizer } };
  await store.put('manifests/bad.json', JSON.stringify(bad), 'nothing');
  const { code, errors } = await models('pull', 'bad', folder);
  expect([code, errors]).toEqual([1, expect.stringContaining('"../../out.txt", which does not lie in a folder')]);
  await store.delete('manifests/bad.json');
});

test('verify says what is wrong and ends with 1; remove and gc say what they did', async () => {
  expect((await models('verify')).output).toMatch(/^2 models, 8 blobs, 2\.0 MB: all as published/);
  const [key = ''] = bucket.keys('blobs/');
  const whole = bucket.objects.get(key) ?? expect.fail('no blob');
  bucket.objects.set(key, { ...whole, bytes: Buffer.alloc(whole.bytes.byteLength) });
  const { code, errors } = await models('verify');
  expect(code).toBe(1);
  expect(errors).toMatch(
    /: blob [0-9a-f]{64} was altered: its sha256 is [0-9a-f]{64}; verify --repair empties it, then add the model again\n/,
  );
  const repaired = await models('verify', '--repair');
  expect([repaired.code, repaired.errors]).toEqual([1, expect.stringContaining('is empty now, add the model again')]);
  expect(bucket.objects.get(key)?.bytes.byteLength).toBe(0);
  bucket.objects.set(key, whole);
  const removed = (await models('remove', 'owner/second')).output;
  expect(removed).toContain('owner/second removed; npm run models -- gc deletes its blobs');
  expect(removed).toContain('first is now the default of text-classification');
  expect((await models('gc')).errors).toContain('s, or with --now');
  expect((await models('gc', '--now')).output).toContain('1 blob of 0.0 kB deleted, 0 unfinished uploads ended');
});
