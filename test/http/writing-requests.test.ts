// A request that writes several texts, or does not come to its end: its bounds hold for all of it, and nothing is left behind.

import { beforeAll, describe, expect, test, vi } from 'vitest';
import { decodersOf } from '../../shared/generate/open-decoding.ts';
import { isolateOf } from '../../shared/http/isolate.ts';
import type { Env } from '../../shared/http/settings.ts';
import { graphOf } from '../../shared/model/open-model.ts';
import { publishSeeded } from '../seeded/worker.ts';
import { watchHeld } from './held.ts';
import { dispatch, isolate, post, source, toPost } from './worker.ts';

const GPT2 = 'seeded-gpt2-text-generation';
const PROMPT = 'The engine was';

const BART = 'seeded-bart-summarization';

beforeAll(async () => {
  await publishSeeded('text-generation');
  await publishSeeded('summarization');
  await publishSeeded('translation');
});

interface Written {
  readonly generated_text: string;
  readonly details: { readonly finish_reason: string; readonly generated_tokens: number };
}

const bodyOf = (parameters: object, more: object = {}) => ({
  model: GPT2,
  inputs: PROMPT,
  parameters: { do_sample: false, details: true, ...parameters },
  ...more,
});

async function written(parameters: object, on: Env, inputs: unknown = PROMPT): Promise<Written[]> {
  const response = await post('/v1/text-generation', bodyOf(parameters, { inputs }), on);
  expect(response.status).toBe(200);
  return (await response.json<(Written | Written[])[]>()).flat();
}

describe('the bounds are those of the whole request', () => {
  const lengths = (texts: readonly Written[]) => texts.map(({ details }) => details.generated_tokens);
  const parameters = { min_new_tokens: 6, max_new_tokens: 6 };

  test('new tokens, over several inputs', async () => {
    const texts = await written(parameters, isolate({ MAX_NEW_TOKENS: '10' }), [PROMPT, PROMPT, PROMPT]);
    expect(lengths(texts)).toEqual([6, 4, 0]);
    expect(texts.map(({ details }) => details.finish_reason)).toEqual(['length', 'length', 'length']);
    expect(texts[2]?.generated_text).toBe(PROMPT);
    expect(texts[0]?.generated_text.startsWith(texts[1]?.generated_text ?? '?')).toBe(true);
  });

  test('new tokens, over inputs in beams', async () => {
    const on = isolate({ MAX_NEW_TOKENS: '10' });
    expect(lengths(await written({ ...parameters, num_beams: 2 }, on, [PROMPT, PROMPT, PROMPT]))).toEqual([6, 4, 0]);
  });

  test('work, over several draws', async () => {
    const drawn = { ...parameters, do_sample: true, seed: 3, num_return_sequences: 4 };
    const all = await post('/v1/text-generation', bodyOf(drawn), isolate());
    const work = Number(/decoder-mib;desc="(\d+)"/.exec(all.headers.get('server-timing') ?? '')?.[1]);
    expect(work).toBeGreaterThan(0);
    const half = lengths(await written(drawn, isolate({ MAX_DECODER_MIB: String(work / 2) })));
    expect(half[0]).toBe(6);
    expect(half.at(-1)).toBe(0);
  });

  test('memory: fewer tokens in more beams', async () => {
    const on = isolate({ MAX_CACHE_MIB: '0.1' });
    const lengthIn = async (beams: number) => {
      const [text] = await written({ min_new_tokens: 200, max_new_tokens: 200, num_beams: beams }, on);
      return text?.details.generated_tokens ?? 0;
    };
    const greedy = await lengthIn(1);
    const four = await lengthIn(4);
    expect(greedy).toBeLessThan(200);
    expect(four).toBeGreaterThan(0);
    expect(four).toBeLessThan(greedy / 3);
  });
});

describe('texts of an encoder', () => {
  const SHORT = 'The engine was quiet.';
  const LONG = 'The engine was quiet and the harbour was calm. '.repeat(4);
  const parameters = { min_new_tokens: 30, max_new_tokens: 30 };

  async function summaries(on: Env, inputs: unknown): Promise<string[]> {
    const response = await post('/v1/summarization', { model: BART, inputs, parameters }, on);
    expect(response.status).toBe(200);
    const answers = await response.json<({ summary_text: string } | { summary_text: string }[])[]>();
    return answers.flat().map(({ summary_text }) => summary_text);
  }

  test('a long neighbour takes nothing from a short one', async () => {
    const on = isolate({ MAX_CACHE_MIB: '0.14' });
    const [alone] = await summaries(on, SHORT);
    const [whole] = await summaries(isolate(), LONG);
    const [first, second = ''] = await summaries(on, [SHORT, LONG]);
    expect(first).toBe(alone);
    // The bound binds the long one, whose source takes of it.
    expect(second.length).toBeLessThan(whole?.length ?? 0);
  });

  async function encoderOf(on: Env) {
    const { model, release } = await isolateOf(on).models.acquire(BART, source());
    const encoder = model.sessions.encoder;
    if (!encoder) throw new Error('BART has an encoder');
    return { encoded: vi.spyOn(encoder, 'run'), release };
  }

  test('one of which several are drawn is encoded once', async () => {
    const on = isolate();
    const { encoded, release } = await encoderOf(on);
    const drawn = { num_beams: 1, do_sample: true, num_return_sequences: 3, max_new_tokens: 8 };
    const response = await post('/v1/summarization', { model: BART, inputs: SHORT, parameters: drawn }, on);
    expect(await response.json()).toHaveLength(3);
    expect(encoded).toHaveBeenCalledTimes(1);
    encoded.mockRestore();
    release();
  });

  test('one whose encoder fails gives back the room that it was let in with', async () => {
    // Enough for one of these texts, and not for two.
    const on = isolate({ MAX_CACHE_MIB: '0.14' });
    const { encoded, release } = await encoderOf(on);
    encoded.mockRejectedValueOnce(new Error('the engine burst'));
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const body = { model: BART, inputs: SHORT, parameters };
    expect((await post('/v1/summarization', body, on)).status).toBe(500);
    // It would wait for ever.
    const leaving = new AbortController();
    const timer = setTimeout(() => leaving.abort(), 30_000);
    const { answer, done } = dispatch('/v1/summarization', { ...toPost(body), signal: leaving.signal }, on);
    expect((await answer).status).toBe(200);
    await done();
    clearTimeout(timer);
    encoded.mockRestore();
    logged.mockRestore();
    release();
  });

  test('one that the bounds leave nothing is not encoded', async () => {
    const on = isolate({ MAX_NEW_TOKENS: '40' });
    const { encoded, release } = await encoderOf(on);
    const texts = await summaries(on, [SHORT, SHORT, SHORT, SHORT]);
    expect(texts.map((text) => text.length > 0)).toEqual([true, true, false, false]);
    expect(encoded).toHaveBeenCalledTimes(2);
    encoded.mockRestore();
    release();
  });
});

test('texts whose caches do not fit together are written one after the other', async () => {
  const on = isolate({ MAX_CACHE_MIB: '0.2' });
  const { model, release } = await isolateOf(on).models.acquire(GPT2, source());
  const watched = watchHeld(graphOf(model));
  const body = bodyOf({ num_beams: 8, min_new_tokens: 12, max_new_tokens: 12 });
  const alone = await post('/v1/text-generation', body, on);
  const single = watched.most();
  const answers = await Promise.all(Array.from({ length: 4 }, () => post('/v1/text-generation', body, on)));
  const text = await alone.text();
  for (const answer of answers) expect(await answer.text()).toBe(text);
  expect(watched.most()).toBe(single);
  watched.restore();
  release();
});

describe('nothing is left behind', () => {
  test('by an error in the middle of a beam search', async () => {
    const on = isolate();
    const { model, release } = await isolateOf(on).models.acquire(GPT2, source());
    const watched = watchHeld(graphOf(model), (step) => {
      if (step === 4) throw new Error('the engine burst');
    });
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const body = bodyOf({ num_beams: 3, min_new_tokens: 9, max_new_tokens: 9 });
    expect((await post('/v1/text-generation', body, on)).status).toBe(500);
    expect(watched.steps()).toBe(4);
    expect(watched.alive.size).toBe(0);
    watched.restore();
    logged.mockRestore();
    release();
    expect((await post('/v1/text-generation', body, on)).status).toBe(200);
  });

  const generation = '/v1/text-generation';
  const languages = { src_lang: 'en_XX', tgt_lang: 'fr_XX' };
  test.each<[string, string, string, object, object]>([
    ['an answer', GPT2, generation, {}, {}],
    ['a stream', GPT2, generation, {}, { stream: true }],
    ['beams', GPT2, generation, { num_beams: 4 }, {}],
    ['a summary', BART, '/v1/summarization', { num_beams: 1 }, {}],
    ['a summary in beams', BART, '/v1/summarization', { num_beams: 4 }, {}],
    ['beams of split graphs', 'seeded-t5-summarization', '/v1/summarization', { num_beams: 4 }, {}],
    ['beams of a merged graph', 'seeded-mbart-translation', '/v1/translation', { num_beams: 4, ...languages }, {}],
  ])('by a client that leaves before the end of %s', async (_, name, path, parameters, more) => {
    const on = isolate();
    const { model, release } = await isolateOf(on).models.acquire(name, source());
    const leaving = new AbortController();
    const { first, later } = decodersOf(model);
    const watched = watchHeld(new Set([first, later]), (step) => {
      if (step === 5) leaving.abort();
    });
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const asked = { do_sample: false, min_new_tokens: 60, max_new_tokens: 60, ...parameters };
    const body = { model: name, inputs: PROMPT, parameters: asked, ...more };
    const { answer, done } = dispatch(path, { ...toPost(body), signal: leaving.signal }, on);
    await answer.then((response) => response.text()).catch(() => undefined);
    await done();
    expect(watched.steps()).toBe(5);
    expect(watched.alive.size).toBe(0);
    watched.restore();
    logged.mockRestore();
    release();
  });
});

test.each(['openai-gpt', 'ctrl', 'transfo-xl'])('the texts of a stream are the text: %s', async (architecture) => {
  const on = isolate();
  const body = (stream: boolean) => ({
    model: `seeded-${architecture}-text-generation`,
    inputs: PROMPT,
    parameters: { do_sample: false, min_new_tokens: 20, max_new_tokens: 20 },
    stream,
  });
  const [{ generated_text: whole }] = await (await post('/v1/text-generation', body(false), on)).json<
    [{ generated_text: string }]
  >();
  const streamed = await (await post('/v1/text-generation', body(true), on)).text();
  const told = streamed.split('\n\n').flatMap((line) => {
    const event = line.startsWith('data:{') ? JSON.parse(line.slice('data:'.length)) : null;
    return event ? [event.token.text] : [];
  });
  expect(told).toHaveLength(20);
  // The whole is cleaned up, which events cannot be: a space before a full stop goes.
  const cleaned = (PROMPT + told.join('')).replaceAll(/ ([.?!,])/g, '$1');
  expect(cleaned).toBe(whole);
});
