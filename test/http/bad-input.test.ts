// Every bad input has its status and its message, and the isolate serves the next request.

import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { isolateOf } from '../../shared/http/isolate.ts';
import { graphOf } from '../../shared/model/open-model.ts';
import { isolate, post, publishTinyBert, send, source } from './worker.ts';

const PATH = '/v1/text-classification';
const JSON_TYPE = { 'content-type': 'application/json' };
const INPUTS = 'inputs must be a string, an object with text and text_pair, or a list of these';
const TOP_K = 'parameters.top_k must be a whole number from 1, or null for all';
const on = isolate();

beforeAll(async () => void (await publishTinyBert()));

async function expectError(response: Response, status: number, code: string, message: string) {
  expect(response.status).toBe(status);
  const body = await response.json<{ error: string; error_type: string; request_id: string }>();
  expect(body.error).toContain(message);
  expect(body.error_type).toBe(code);
  expect(body.request_id).toBe(response.headers.get('x-request-id'));
}

afterEach(async () => expect((await post(PATH, { inputs: 'I love it' }, on)).status).toBe(200));

describe('the body', () => {
  test.each([
    ['not JSON', 'I love it', 'the body is not JSON'],
    ['cut JSON', '{"inputs": "a', 'the body is not JSON'],
    ['a raw NUL', '{"inputs": "a\u0000b"}', 'the body is not JSON'],
    ['empty', '', 'the body is empty'],
  ])('%s', async (_, body, message) => {
    await expectError(
      await send(PATH, { method: 'POST', headers: JSON_TYPE, body }, on),
      400,
      'malformed_json',
      message,
    );
  });

  test('not UTF-8', async () => {
    const body = new Uint8Array([0x22, 0xff, 0x22]);
    await expectError(
      await send(PATH, { method: 'POST', headers: JSON_TYPE, body }, on),
      400,
      'malformed_json',
      'not UTF-8',
    );
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'content-type %s',
    async (type) => {
      const init = { method: 'POST', headers: { 'content-type': type }, body: '{"inputs":"a"}' };
      await expectError(
        await send(PATH, init, on),
        415,
        'unsupported_media_type',
        `content-type is ${type}; send application/json`,
      );
    },
  );

  test('no content-type', async () => {
    const init = { method: 'POST', body: new TextEncoder().encode('{"inputs":"a"}') };
    await expectError(await send(PATH, init, on), 415, 'unsupported_media_type', 'content-type is missing');
  });

  test('content-type with a charset', async () => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'Application/JSON; charset=utf-8' },
      body: '{"inputs":"a"}',
    };
    expect((await send(PATH, init, on)).status).toBe(200);
  });

  test.each([
    ['a list', []],
    ['a string', 'a'],
    ['null', null],
    ['a number', 1],
  ])('%s', async (_, body) => {
    await expectError(await post(PATH, body, on), 422, 'invalid_input', 'the body must be a JSON object');
  });

  test('over the limit, and saying so', async () => {
    const small = isolate({ MAX_BODY_BYTES: '100' });
    await expectError(await post(PATH, { inputs: 'a'.repeat(100) }, small), 413, 'too_large', 'more than 100 bytes');
  });

  test('over the limit, without content-length', async () => {
    const small = isolate({ MAX_BODY_BYTES: '100' });
    const body = new Response(JSON.stringify({ inputs: 'a'.repeat(200) })).body?.pipeThrough(new TransformStream());
    const response = await send(PATH, { method: 'POST', headers: JSON_TYPE, body: body ?? null }, small);
    await expectError(response, 413, 'too_large', 'more than 100 bytes');
  });

  test('broken off', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"inputs": "I'));
        controller.error(new Error('Network connection lost.'));
      },
    });
    const response = await send(PATH, { method: 'POST', headers: JSON_TYPE, body }, on);
    await expectError(response, 400, 'malformed_json', 'the body broke off before its end');
  });
});

describe('fields', () => {
  test.each([
    [{}, INPUTS],
    [{ inputs: null }, INPUTS],
    [{ inputs: 1 }, INPUTS],
    [{ inputs: ['a', 1] }, 'inputs[1] must be a string or an object with text and text_pair'],
    [{ inputs: { text: 1 } }, 'inputs.text must be a string'],
    [{ inputs: { txt: 'a' } }, 'inputs'],
    [{ inputs: 'a', modle: 'x' }, 'the body has no modle; it takes inputs, parameters, model'],
    [
      { inputs: 'a', parameters: { top_p: 1 } },
      'parameters has no top_p; it takes top_k, function_to_apply, truncation, max_length',
    ],
    [{ inputs: 'a', parameters: [] }, 'parameters must be an object; it takes top_k'],
    [{ inputs: 'a', parameters: { top_k: 0 } }, TOP_K],
    [{ inputs: 'a', parameters: { top_k: -1 } }, TOP_K],
    [{ inputs: 'a', parameters: { top_k: '2' } }, TOP_K],
    [{ inputs: 'a', parameters: { top_k: 1.5 } }, TOP_K],
    [
      { inputs: 'a', parameters: { function_to_apply: 'tanh' } },
      'parameters.function_to_apply must be softmax, sigmoid, none or null',
    ],
    [{ inputs: 'a', parameters: { truncation: 'yes' } }, 'parameters.truncation must be true, false'],
    [{ inputs: 'a', parameters: { max_length: 8 } }, 'parameters.max_length cuts only with truncation'],
    [
      { inputs: 'a', parameters: { truncation: true, max_length: 1000 } },
      'parameters.max_length is 1000; this model takes 64 tokens',
    ],
    [{ inputs: 'a', model: 7 }, 'model must be a string'],
  ])('%j', async (body, message) => {
    await expectError(await post(PATH, body, on), 422, 'invalid_input', message);
  });

  test('a max_length that leaves no room beside the special tokens', async () => {
    const response = await post(PATH, { inputs: 'a b c', parameters: { truncation: true, max_length: 1 } }, on);
    await expectError(response, 422, 'invalid_input', 'max_length is 1; the special tokens alone are 2');
  });

  test('a top_k over the number of labels gives all of them', async () => {
    const response = await post(PATH, { inputs: 'a', parameters: { top_k: 1e9 } }, on);
    expect((await response.json<unknown[][]>())[0]).toHaveLength(3);
  });

  test('10,000 inputs', async () => {
    const response = await post(PATH, { inputs: Array(10_000).fill('a') }, on);
    await expectError(response, 413, 'too_large', 'inputs has 10000 entries; one request takes 128');
  });

  test('more tokens than one request may have', async () => {
    const few = isolate({ MAX_TOKENS: '50' });
    const response = await post(PATH, { inputs: Array(10).fill('a b c d e') }, few);
    await expectError(response, 413, 'too_large', 'more than 50 tokens');
  });

  test('1 MB of text', async () => {
    const inputs = 'a '.repeat(500_000);
    await expectError(
      await post(PATH, { inputs }, on),
      422,
      'invalid_input',
      'inputs[0] has 500002 tokens; this model takes 64',
    );
    expect((await post(PATH, { inputs, parameters: { truncation: true } }, on)).status).toBe(200);
    await expectError(await post(PATH, { inputs: inputs + inputs }, on), 413, 'too_large', 'more than 1048576 bytes');
  });

  test.each(['\ud800 lone', 'lone \udfff', 'a\u0000b', '\u0001\u0002'])('%j is text like any other', async (inputs) => {
    expect((await post(PATH, { inputs }, on)).status).toBe(200);
  });
});

describe('routes', () => {
  test.each(['/v1/no-such-task', '/v2', '/'])('%s', async (path) => {
    await expectError(await post(path, { inputs: 'a' }, on), 404, 'not_found', `there is nothing at ${path}`);
  });

  test('unknown model', async () => {
    await expectError(
      await post(PATH, { inputs: 'a', model: 'none' }, on),
      404,
      'not_found',
      'no model none is published',
    );
    await expectError(
      await post('/models/no/such', { inputs: 'a' }, on),
      404,
      'not_found',
      'no model no/such is published',
    );
  });

  test.each(['', '..', '../catalogue', 'a/b/c', '__proto__', '日本', ' ', 'a'.repeat(5000)])(
    'a name that no model can have: %j',
    async (model) => {
      await expectError(await post(PATH, { inputs: 'a', model }, on), 404, 'not_found', 'is published');
      const path = `/models/${encodeURIComponent(model)}`;
      expect((await post(path, { inputs: 'a' }, on)).status).toBe(404);
    },
  );

  test.each(['GET', 'PUT', 'DELETE'])('%s on a POST route', async (method) => {
    const response = await send(PATH, { method }, on);
    expect(response.headers.get('allow')).toBe('POST');
    await expectError(response, 405, 'method_not_allowed', 'POST it');
  });
});

test('a client that hangs up half-way costs no more runs, and is no failure', async () => {
  const { model, release } = await isolateOf(on).models.acquire('tiny-bert', source());
  const session = graphOf(model);
  const controller = new AbortController();
  const log = vi.spyOn(console, 'error');
  const run = session.run.bind(session);
  const runs = vi.spyOn(session, 'run').mockImplementation(async (...args) => {
    if (runs.mock.calls.length === 3) controller.abort();
    return run(...args);
  });
  const body = JSON.stringify({ inputs: Array(100).fill('a b c') });
  const response = await send(PATH, { method: 'POST', headers: JSON_TYPE, body, signal: controller.signal }, on);
  expect(response.status).toBe(499);
  expect(runs).toHaveBeenCalledTimes(3);
  expect(log).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  release();
});
