// What happens between the bucket and an answer: damage and repair, new revisions, the cache, the memory budget.

import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isolateOf } from '../../shared/http/isolate.ts';
import { blobKey, blobsOf, type Manifest, manifestKey, openedBlobsOf } from '../../shared/model/manifest.ts';
import { graphOf, modelBytes } from '../../shared/model/open-model.ts';
import { openOrtSession } from '../../shared/runtime/ort.ts';
import { blobBytes, bucket, isolate, post, publishTinyBert, source, tinyBert } from './worker.ts';

const PATH = '/v1/text-classification';
const [tokenizer, graph] = openedBlobsOf(tinyBert);
if (!tokenizer || !graph) throw new Error('the fixture has no blobs');

async function clearCache() {
  for (const { sha256 } of blobsOf(tinyBert)) await caches.default.delete(`https://blobs.invalid/${sha256}`);
}

beforeEach(async () => {
  await clearCache();
  await publishTinyBert();
});

/** The heap grows in steps, each charged to the session that made it grow: with room in it, a session is charged its weights. */
async function leaveHeapFree() {
  const { model } = tinyBert.graphs;
  if (!model) throw new Error('tiny-bert has one graph');
  const { onnx, externalData } = model;
  const weights = externalData.map(({ path, blob }) => ({ path, data: blobBytes(blob.sha256) }));
  const open = () => openOrtSession({ graph: blobBytes(onnx.sha256), externalData: weights });
  const sessions = await Promise.all(Array.from({ length: 16 }, open));
  for (const session of sessions) await session.close();
}

const ask = (on = isolate()) => post(PATH, { inputs: 'I love it' }, on);

const ENGINES: readonly Manifest['engine'][] = [
  tinyBert.engine,
  { name: 'onnxruntime-web', reason: 'it is the judge of the other' },
];

describe.each(ENGINES)('a damaged blob, $name', (engine) => {
  beforeEach(async () => {
    await publishTinyBert({ engine });
  });

  const flipped = (bytes: Uint8Array) => bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 1);
  test.each([
    ['missing', null, 'is missing'],
    ['cut', (bytes: Uint8Array) => bytes.subarray(0, 100), 'has 100 bytes where its manifest says'],
    ['altered', flipped, 'was altered'],
    ['empty', () => new Uint8Array(), 'has 0 bytes'],
  ])(
    '%s: 502 with the model and the reason, and the next request after the repair works',
    async (_, damage, reason) => {
      const on = isolate();
      for (const blob of openedBlobsOf({ ...tinyBert, engine }).slice(0, 2)) {
        if (damage) await bucket().put(blobKey(blob), damage(blobBytes(blob.sha256)));
        else await bucket().delete(blobKey(blob));
        const response = await ask(on);
        expect(response.status).toBe(502);
        const { error, error_type } = await response.json<{ error: string; error_type: string }>();
        expect(error).toContain(`model tiny-bert is unavailable: blob ${blob.sha256} ${reason}`);
        expect(error_type).toBe('model_unavailable');
        await bucket().put(blobKey(blob), blobBytes(blob.sha256));
        expect((await ask(on)).status).toBe(200);
        await publishTinyBert({ engine, revision: `after ${blob.sha256} ${reason}` });
        await clearCache();
      }
    },
  );

  test('in the cache alone: the bucket answers, and the cache is mended', async () => {
    const blob = openedBlobsOf({ ...tinyBert, engine })[1] ?? graph;
    const url = `https://blobs.invalid/${blob.sha256}`;
    await caches.default.put(url, new Response('rubbish', { headers: { 'cache-control': 'max-age=60' } }));
    const response = await ask();
    expect(response.status).toBe(200);
    expect(response.headers.get('server-timing')).toContain('r2;');
    expect((await (await caches.default.match(url))?.arrayBuffer())?.byteLength).toBe(blob.bytes);
  });
});

test.each(['{', '{}', JSON.stringify({ ...tinyBert, maxLength: -1 }), JSON.stringify({ ...tinyBert, name: 'other' })])(
  'a manifest that is %s is a 502 until it is mended',
  async (text) => {
    const on = isolate();
    await bucket().put(manifestKey('tiny-bert'), text);
    const response = await ask(on);
    expect(response.status).toBe(502);
    expect((await response.json<{ error: string }>()).error).toContain(
      'the manifest of model tiny-bert cannot be read',
    );
    await publishTinyBert();
    expect((await ask(on)).status).toBe(200);
  },
);

test('blobs come from R2 once, then from the cache', async () => {
  expect((await ask()).headers.get('server-timing')).toContain('r2;');
  const second = (await ask()).headers.get('server-timing');
  expect(second).toContain('cache;');
  expect(second).not.toContain('r2;');
});

test('an open model is not read again', async () => {
  const on = isolate();
  await ask(on);
  expect((await ask(on)).headers.get('server-timing')).not.toMatch(/r2|cache/);
});

test('a new revision goes live after the interval, without a deploy', async () => {
  const on = isolate({ MANIFEST_TTL_SECONDS: '0' });
  const patient = isolate({ MANIFEST_TTL_SECONDS: '3600' });
  const labels = async (env: typeof on) =>
    (await (await ask(env)).json<{ label: string }[][]>())[0]?.map(({ label }) => label).sort();
  expect(await labels(on)).toEqual(['BAD', 'FAIR', 'GOOD']);
  expect(await labels(patient)).toEqual(['BAD', 'FAIR', 'GOOD']);
  await publishTinyBert({ revision: 'next', id2label: ['X', 'Y', 'Z'] });
  expect(await labels(on)).toEqual(['X', 'Y', 'Z']);
  expect(await labels(patient)).toEqual(['BAD', 'FAIR', 'GOOD']);
});

test('a request in flight finishes on the revision that it began with', async () => {
  const on = isolate();
  const { model, release } = await isolateOf(on).models.acquire('tiny-bert', source());
  const session = graphOf(model);
  const run = session.run.bind(session);
  const fresh: Promise<Response>[] = [];
  const runs = vi.spyOn(session, 'run').mockImplementation(async (...args) => {
    if (runs.mock.calls.length === 2) {
      await publishTinyBert({ revision: 'next', id2label: ['X', 'Y', 'Z'] });
      fresh.push(ask(on));
      // Long enough for the new revision to be opened and to have answered.
      await fresh[0];
    }
    return run(...args);
  });
  const old = await post(PATH, { inputs: ['a', 'b', 'c'], parameters: { top_k: 1 } }, on);
  expect(old.status).toBe(200);
  expect((await old.json<{ label: string }[][]>()).flat().every(({ label }) => 'BAD FAIR GOOD'.includes(label))).toBe(
    true,
  );
  expect(runs).toHaveBeenCalledTimes(3);
  expect((await (await fresh[0])?.json<{ label: string }[][]>())?.[0]?.[0]?.label).toMatch(/^[XYZ]$/);
  const closed = vi.spyOn(session, 'close');
  release();
  await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce(), 30_000);
});

describe('a budget of memory that holds two models', () => {
  beforeAll(leaveHeapFree);
  beforeEach(async () => {
    for (const name of ['one', 'two', 'three']) await publishTinyBert({ name });
  });

  test('the model that was used least recently makes room', async () => {
    const on = isolate({ WASM_BUDGET_MIB: '3' });
    const askModel = async (model: string) => expect((await post(PATH, { inputs: 'a', model }, on)).status).toBe(200);
    for (const name of ['one', 'two', 'one']) await askModel(name);
    expect(isolateOf(on).models.open).toEqual(['one', 'two']);
    await askModel('three');
    expect(isolateOf(on).models.open).toEqual(['one', 'three']);
    await askModel('two');
    expect(isolateOf(on).models.open).toEqual(['three', 'two']);
  });

  test('while all models are in use, one more is refused until a request has ended', async () => {
    const on = isolate({ WASM_BUDGET_MIB: '3' });
    const { models } = isolateOf(on);
    const [one, two] = [await models.acquire('one', source()), await models.acquire('two', source())];
    const response = await post(PATH, { inputs: 'a', model: 'three' }, on);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('1');
    expect((await response.json<{ error: string }>()).error).toContain(
      'no memory for model three while others are in use',
    );
    one.release();
    expect((await post(PATH, { inputs: 'a', model: 'three' }, on)).status).toBe(200);
    two.release();
  });
});

test('a large run lets the memory of its model grow, and idle ones make room', async () => {
  for (const name of ['one', 'two']) await publishTinyBert({ name });
  const { model, release } = await isolateOf(isolate()).models.acquire('one', source());
  const small = modelBytes(model);
  release();
  const on = isolate({ WASM_BUDGET_MIB: String((2 * small + 1024) / 2 ** 20) });
  for (const name of ['one', 'two']) expect((await post(PATH, { inputs: 'a', model: name }, on)).status).toBe(200);
  expect(isolateOf(on).models.open).toEqual(['one', 'two']);
  const lease = await isolateOf(on).models.acquire('two', source());
  const batch = { data: new BigInt64Array(32 * 60).fill(1n), dims: [32, 60] };
  await graphOf(lease.model).run({ input_ids: batch, attention_mask: batch, token_type_ids: batch });
  expect(modelBytes(lease.model)).toBeGreaterThan(small);
  lease.release();
  expect(isolateOf(on).models.open).toEqual(['two']);
});

test('requests that come while a model opens share the one opening', async () => {
  const on = isolate();
  const answers = await Promise.all([ask(on), ask(on), ask(on)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  const opened = answers.filter((answer) => answer.headers.get('server-timing')?.match(/r2;|cache;/));
  expect(opened).toHaveLength(1);
});

test('a model that is larger than the budget is refused with both numbers', async () => {
  const response = await ask(isolate({ WASM_BUDGET_MIB: '0.5' }));
  expect(response.status).toBe(502);
  expect((await response.json<{ error: string }>()).error).toMatch(
    /model tiny-bert needs \d\.\d MiB of memory; models may hold 0\.5 MiB/,
  );
});

test('a model of another task is refused by the name of its own', async () => {
  await publishTinyBert({ name: 'tagger', task: 'token-classification' });
  const response = await post(PATH, { inputs: 'a', model: 'tagger' });
  expect(response.status).toBe(422);
  expect((await response.json<{ error: string }>()).error).toContain(
    'model tagger serves token-classification, not text-classification',
  );
});
