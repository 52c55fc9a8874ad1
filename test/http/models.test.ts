// What happens between the bucket and an answer: damage and repair, new revisions, the cache, the memory budget.

import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isolateOf } from '../../shared/http/isolate.ts';
import { CATALOGUE_KEY } from '../../shared/model/catalogue.ts';
import { blobKey, blobsOf, manifestKey } from '../../shared/model/manifest.ts';
import { graphOf } from '../../shared/model/open-model.ts';
import { openOrtSession } from '../../shared/runtime/ort.ts';
import { blobBytes, bucket, isolate, post, publishTinyBert, send, source, tinyBert } from './worker.ts';

const PATH = '/v1/text-classification';
const [tokenizer, graph] = blobsOf(tinyBert);
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

describe('a damaged blob', () => {
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
      for (const blob of [tokenizer, graph]) {
        if (damage) await bucket().put(blobKey(blob), damage(blobBytes(blob.sha256)));
        else await bucket().delete(blobKey(blob));
        const response = await ask(on);
        expect(response.status).toBe(502);
        const { error, error_type } = await response.json<{ error: string; error_type: string }>();
        expect(error).toContain(`model tiny-bert is unavailable: blob ${blob.sha256} ${reason}`);
        expect(error_type).toBe('model_unavailable');
        await bucket().put(blobKey(blob), blobBytes(blob.sha256));
        expect((await ask(on)).status).toBe(200);
        await publishTinyBert({ revision: `after ${blob.sha256} ${reason}` });
        await clearCache();
      }
    },
  );

  test('in the cache alone: the bucket answers, and the cache is mended', async () => {
    const url = `https://blobs.invalid/${graph.sha256}`;
    await caches.default.put(url, new Response('rubbish', { headers: { 'cache-control': 'max-age=60' } }));
    const response = await ask();
    expect(response.status).toBe(200);
    expect(response.headers.get('server-timing')).toContain('r2;');
    expect((await (await caches.default.match(url))?.arrayBuffer())?.byteLength).toBe(graph.bytes);
  });
});

test.each(['{', '{}', JSON.stringify({ ...tinyBert, maxLength: -1 })])(
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
  await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
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

describe('routes that tell', () => {
  test('GET /v1/tasks', async () => {
    const tasks = await (await send('/v1/tasks')).json<Record<string, unknown>[]>();
    expect(tasks.find(({ task }) => task === 'text-classification')).toMatchObject({
      task: 'text-classification',
      aliases: ['sentiment-analysis'],
      default_model: 'tiny-bert',
      limits: {
        max_body_bytes: 1048576,
        max_inputs: 128,
        max_tokens: 16384,
        max_new_tokens: 2048,
        max_beams: 8,
        max_decoder_mib: 100_000,
        max_cache_mib: 64,
      },
    });
  });

  test('GET /v1/models and /v1/models/<model>', async () => {
    const on = isolate();
    await ask(on);
    const [listed] = await (await send('/v1/models', {}, on)).json<Record<string, unknown>[]>();
    expect(listed).toMatchObject({ model: 'tiny-bert', task: 'text-classification', open: true, max_length: 64 });
    const manifest = await (await send('/v1/models/tiny-bert', {}, on)).json();
    expect(manifest).toMatchObject({
      id2label: { 0: 'BAD', 1: 'FAIR', 2: 'GOOD' },
      license: 'apache-2.0',
      revision: tinyBert.revision,
    });
  });

  test('GET /ready is 200 only while all that it would open is there', async () => {
    expect((await send('/ready')).status).toBe(200);
    await bucket().delete(blobKey(graph));
    const response = await send('/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      reason: `model tiny-bert is unavailable: blob ${graph.sha256} is missing`,
    });
  });

  test('a damaged manifest is listed with what is wrong, beside the others', async () => {
    const catalogue = {
      format: 1,
      models: [
        { name: 'tiny-bert', task: tinyBert.task, tags: tinyBert.tags },
        { name: 'broken', task: tinyBert.task, tags: [] },
      ],
      defaults: {},
    };
    await bucket().put(CATALOGUE_KEY, JSON.stringify(catalogue));
    await bucket().put(manifestKey('broken'), '{"format":');
    const response = await send('/v1/models');
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain('tiny-bert');
    expect(text).toContain('the manifest of model broken cannot be read (it is not JSON); publish it again');
  });

  test('a bucket that does not answer: 502 with the reason, and what was read before serves on', async () => {
    let isDown = true;
    const failing = new Proxy(bucket(), {
      get(target, key) {
        if (isDown && key === 'get') return () => Promise.reject(new Error('R2 is away'));
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const on = isolate({ MODELS: failing });
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const first = await post('/v1/text-classification', { model: 'tiny-bert', inputs: 'a' }, on);
    expect(first.status).toBe(502);
    expect(await first.json()).toMatchObject({ error_type: 'model_unavailable' });
    isDown = false;
    expect((await post('/v1/text-classification', { model: 'tiny-bert', inputs: 'a' }, on)).status).toBe(200);
    isDown = true;
    expect((await post('/v1/text-classification', { model: 'tiny-bert', inputs: 'a' }, on)).status).toBe(200);
    log.mockRestore();
  });

  test('GET /health', async () => {
    expect(await (await send('/health')).json()).toEqual({ status: 'ok' });
  });

  test('GET /openapi.json describes the tasks', async () => {
    const { paths } = await (await send('/openapi.json')).json<{ paths: Record<string, unknown> }>();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/v1/text-classification', '/v1/sentiment-analysis', '/v1/ner', '/v1/forward']),
    );
    expect(JSON.stringify(paths)).toContain('function_to_apply');
  });

  test('an x-request-id that the client sends comes back', async () => {
    const response = await send('/health', { headers: { 'x-request-id': 'mine-1' } });
    expect(response.headers.get('x-request-id')).toBe('mine-1');
  });
});
