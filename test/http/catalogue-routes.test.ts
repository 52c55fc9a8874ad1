// The routes that tell what is served, what is published, and whether it could answer.

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { CATALOGUE_KEY } from '../../shared/model/catalogue.ts';
import { blobKey, manifestKey, openedBlobsOf } from '../../shared/model/manifest.ts';
import { bucket, isolate, post, publishTinyBert, send, tinyBert } from './worker.ts';

const [, graph] = openedBlobsOf(tinyBert);
if (!graph) throw new Error('the fixture has no graph');

const ask = (on = isolate()) => post('/v1/text-classification', { inputs: 'I love it' }, on);

beforeEach(() => publishTinyBert());

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
        max_model_mib: 128,
      },
    });
  });

  test('GET /v1/models and /v1/models/<model>', async () => {
    const on = isolate();
    await ask(on);
    const [listed] = await (await send('/v1/models', {}, on)).json<Record<string, unknown>[]>();
    expect(listed).toMatchObject({ model: 'tiny-bert', task: 'text-classification', open: true, max_length: 64 });
    // The image of the weights, the tokenizer, and what a run needs, in pages.
    expect(listed?.wasm_bytes).toBeGreaterThan(2 * 2 ** 16);
    expect(Number(listed?.wasm_bytes) % 2 ** 16).toBe(0);
    const [closed] = await (await send('/v1/models', {}, isolate())).json<Record<string, unknown>[]>();
    expect(closed).toMatchObject({ model: 'tiny-bert', open: false, wasm_bytes: null });
    expect(listed?.engine).toEqual({
      name: 'edge',
      reason: 'it knows every operator',
      attention: 'float',
      product_mode: expect.stringMatching(/^(unsigned|pairs|signed)$/),
    });
    const manifest = await (await send('/v1/models/tiny-bert', {}, on)).json();
    expect(manifest).toMatchObject({
      id2label: { 0: 'BAD', 1: 'FAIR', 2: 'GOOD' },
      license: 'apache-2.0',
      revision: tinyBert.revision,
      program: tinyBert.engine.name === 'edge' && tinyBert.engine.program,
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
