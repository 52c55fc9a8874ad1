// The three writing tasks over HTTP: what is refused, and what the parameters do.

import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { publishSeeded } from '../seeded/worker.ts';
import { eventsOf } from './events.ts';
import { isolate, post } from './worker.ts';

const GPT2 = 'seeded-gpt2-text-generation';
const BART = 'seeded-bart-summarization';
const PROMPT = 'The engine was';
const on = isolate();

beforeAll(async () => {
  for (const task of ['summarization', 'text-generation']) await publishSeeded(task);
});

interface Told {
  readonly generated_text: string;
  readonly details: { readonly prefill: readonly { readonly id: number; readonly text: string }[] };
}

const write = (parameters: object, inputs: unknown = PROMPT, more: object = {}) =>
  post('/v1/text-generation', { model: GPT2, inputs, parameters: { do_sample: false, ...parameters }, ...more }, on);

describe('bad input', () => {
  afterEach(async () => expect((await write({ max_new_tokens: 1 })).status).toBe(200));

  test.each([
    [{ max_new_tokens: 0 }, 'parameters.max_new_tokens must be a whole number from 1'],
    [{ max_new_tokens: -3 }, 'parameters.max_new_tokens must be a whole number from 1'],
    [{ max_new_tokens: 1_000_000 }, 'parameters.max_new_tokens is 1000000; one request takes 2048'],
    [{ num_beams: 2, do_sample: true }, 'sampling in beams is not offered'],
    [{ num_beams: 2, num_return_sequences: 3 }, 'parameters.num_return_sequences is 3; 2 beams give no more than 2'],
    [{ num_return_sequences: 2 }, 'greedy decoding gives one'],
    [{ num_beams: 9 }, 'parameters.num_beams is 9; one request takes 8'],
    [{ do_sample: true, num_return_sequences: 9 }, 'parameters.num_return_sequences is 9; one request takes 8'],
    [{ min_new_tokens: 5, max_new_tokens: 4 }, 'parameters.min_new_tokens is 5 and parameters.max_new_tokens 4'],
    [{ min_length: 9, max_length: 8 }, 'parameters.min_length is 9 and parameters.max_length 8'],
    [{ max_length: 2 }, 'tokens are there already (set parameters.max_new_tokens)'],
    [{ stop: Array(100).fill('a') }, 'parameters.stop must be at most 16 strings of 1 to 256 characters'],
    [{ stop: [''] }, 'parameters.stop[0] must be at most 16 strings of 1 to 256 characters'],
    [{ suppress_tokens: [5000] }, 'parameters.suppress_tokens has 5000; the ids of this model are 0 to'],
    [{ temperature: 0 }, 'for the likeliest text set do_sample to false'],
    [{ top_p: 1.5 }, 'parameters.top_p must be a number from 0 to 1'],
    [{ decoder_input_details: true }, 'decoder_input_details needs parameters.details'],
    [{ truncate: 0 }, 'parameters.truncate must be a whole number from 1'],
  ])('%j', async (parameters, message) => {
    const response = await write(parameters);
    expect(response.status).toBe(422);
    expect((await response.json<{ error: string }>()).error).toContain(message);
  });

  test('a prompt over the context: both numbers, or cut', async () => {
    const long = 'The engine was quiet and the harbour was calm. '.repeat(60);
    const response = await write({ max_new_tokens: 2 }, long);
    expect(response.status).toBe(422);
    expect((await response.json<{ error: string }>()).error).toMatch(
      /^inputs has \d{3,} tokens; this model takes 256 .*parameters\.truncate/,
    );
    const told = { max_new_tokens: 2, details: true, decoder_input_details: true, return_full_text: false };
    const cut = await (await write({ ...told, truncate: 250 }, long)).json<[Told]>();
    expect(cut[0].details.prefill).toHaveLength(250);
    const tokens = await post('/v1/tokenize', { model: GPT2, inputs: long }, on);
    const { input_ids: ids } = await tokens.json<{ input_ids: [number[]] }>();
    expect(cut[0].details.prefill.map(({ id }) => id)).toEqual(ids[0].slice(-250));
    const [short] = await (await write({ ...told, truncate: 12 }, 'The engine was quiet. She said no more')).json<
      [Told]
    >();
    const last = short.details.prefill.map(({ text }) => text).join('');
    expect(last.length).toBeLessThan('The engine was quiet. She said no more'.length);
    expect(await (await write(told, last)).json()).toEqual([short]);
  });

  test('a prefix is not cut, nor counted to the length of the whole', async () => {
    const prefix = 'The harbour was calm and the engine was quiet.';
    const text = ' She said that a letter had come for the engine';
    const idsOf = async (inputs: string) => {
      const response = await post('/v1/tokenize', { model: GPT2, inputs }, on);
      return (await response.json<{ input_ids: [number[]] }>()).input_ids[0];
    };
    const parameters = {
      prefix,
      truncate: 5,
      max_length: 8,
      min_length: 8,
      details: true,
      decoder_input_details: true,
    };
    const [{ details }] = await (await write(parameters, text)).json<[Told]>();
    const expected = [...(await idsOf(prefix)), ...(await idsOf(text)).slice(-5)];
    expect(details.prefill.map(({ id }) => id)).toEqual(expected);
    expect(details).toMatchObject({ generated_tokens: 3, finish_reason: 'length' });
  });

  test('every token forbidden', async () => {
    const all = Array.from({ length: 700 }, (_, id) => id);
    for (const parameters of [{}, { do_sample: true }, { num_beams: 2 }]) {
      const response = await write({ ...parameters, suppress_tokens: all });
      expect(response.status).toBe(422);
      expect((await response.json<{ error: string }>()).error).toContain('no token is left to go on with');
    }
  });

  test('prompts of more tokens together than a request takes', async () => {
    const small = isolate({ MAX_TOKENS: '12' });
    const ask = (inputs: unknown) =>
      post('/v1/text-generation', { model: GPT2, inputs, parameters: { do_sample: false, max_new_tokens: 1 } }, small);
    expect((await ask(PROMPT)).status).toBe(200);
    const response = await ask(Array(13).fill(PROMPT));
    expect(response.status).toBe(413);
    expect((await response.json<{ error: string }>()).error).toBe(
      'the inputs have more than 12 tokens together; send fewer a request',
    );
  });

  test('an empty prompt begins with the token that begins texts', async () => {
    const [{ generated_text: text, details }] = await (await write({ max_new_tokens: 3, details: true }, '')).json<
      [{ generated_text: string; details: { tokens: object[] } }]
    >();
    expect(text.length).toBeGreaterThan(0);
    expect(details.tokens).toHaveLength(3);
  });

  test('how likely a prompt is: as it was when it was written', async () => {
    interface Told {
      readonly id: number;
      readonly logprob: number | null;
    }
    const ask = async (inputs: string, parameters: object) => {
      const response = await write({ details: true, decoder_input_details: true, ...parameters }, inputs);
      const [answer] =
        await response.json<[{ generated_text: string; details: { prefill: Told[]; tokens: Told[] } }]>();
      return answer;
    };
    let compared = 0;
    for (const prompt of ['The engine was', 'A letter', 'She said', 'of the harbour', 'in the', 'It was a']) {
      const { generated_text: text, details } = await ask(prompt, { max_new_tokens: 3 });
      const written = [...details.prefill, ...details.tokens];
      const { prefill } = (await ask(text, { max_new_tokens: 1 })).details;
      expect(prefill[0]?.logprob).toBeNull();
      // A text need not be cut as it was written.
      const parting = prefill.findIndex(({ id }, i) => id !== written[i]?.id);
      const same = parting < 0 ? prefill.length : parting;
      prefill.slice(1, same).forEach(({ logprob }, i) => {
        expect(logprob).toBeCloseTo(written[i + 1]?.logprob ?? 0, 4);
      });
      compared += Math.max(0, same - details.prefill.length);
    }
    expect(compared).toBeGreaterThan(5);
    expect((await write({ details: true, max_new_tokens: 1 })).status).toBe(200);
  });

  test('an empty prompt where no token begins texts', async () => {
    const response = await post('/v1/text-generation', { model: 'seeded-openai-gpt-text-generation', inputs: '' }, on);
    expect(response.status).toBe(422);
    expect((await response.json<{ error: string }>()).error).toBe(
      'inputs has no tokens, and this model none to begin with; send a prompt',
    );
  });

  test('a source over the context, when it may not be cut', async () => {
    const inputs = 'The engine was quiet and the harbour was calm. '.repeat(60);
    const ask = (truncation: unknown) =>
      post('/v1/summarization', { model: BART, inputs, parameters: { truncation, max_new_tokens: 2 } }, on);
    const response = await ask(false);
    expect(response.status).toBe(422);
    expect((await response.json<{ error: string }>()).error).toMatch(
      /^inputs\[0\] has \d{3,} tokens; this model takes \d+/,
    );
    expect((await ask(true)).status).toBe(200);
  });

  test('an empty source is a text too', async () => {
    const response = await post(
      '/v1/summarization',
      { model: BART, inputs: '', parameters: { max_new_tokens: 4 } },
      on,
    );
    expect(await response.json()).toMatchObject([{ summary_text: expect.any(String) }]);
  });

  test('generate_parameters go before the same beside them', async () => {
    const whole = await (await write({ max_new_tokens: 5 })).json();
    const nested = { generate_parameters: { max_new_tokens: 5 } };
    expect(await (await write(nested)).json()).toEqual(whole);
    expect(await (await write({ max_new_tokens: 9, ...nested })).json()).toEqual(whole);
    const wrong = await write({ generate_parameters: { max_new_token: 5 } });
    expect((await wrong.json<{ error: string }>()).error).toContain('max_new_token');
    const summary = {
      model: BART,
      inputs: PROMPT,
      parameters: { generate_parameters: { max_new_tokens: 3, min_new_tokens: 0 } },
    };
    const short = await (await post('/v1/summarization', summary, on)).json();
    const flat = { model: BART, inputs: PROMPT, parameters: { max_new_tokens: 3, min_new_tokens: 0 } };
    expect(short).toMatchObject([{ summary_text: expect.any(String) }]);
    expect(short).toEqual(await (await post('/v1/summarization', flat, on)).json());
  });

  test('a least length over the end is warned of', async () => {
    const response = await write({ min_length: 300, max_new_tokens: 5, details: true });
    expect(response.headers.get('warning')).toMatch(
      /the text ends at \d+ tokens, prompt included, before the least length of 300/,
    );
    expect((await response.json<[{ details: object }]>())[0].details).toMatchObject({ generated_tokens: 5 });
    expect((await write({ max_new_tokens: 5 })).headers.get('warning')).toBeNull();
  });

  test.each([
    [GPT2, /^model seeded-gpt2-text-generation takes \S+ beside its tokens; ask it with POST \/v1\/text-generation$/],
    ['seeded-gpt2-merged-text-generation', /^model \S+ is a decoder, .*; ask it with POST \/v1\/text-generation$/],
    [BART, /^model \S+ is an encoder and a decoder, .*; ask it with POST \/v1\/summarization$/],
  ])('the bare graph of %s', async (model, message) => {
    const response = await post('/v1/forward', { model, inputs: PROMPT }, on);
    expect(response.status).toBe(422);
    expect((await response.json<{ error: string }>()).error).toMatch(message);
  });

  test.each([
    ['of several texts', {}, [PROMPT, PROMPT], 'a stream takes one text'],
    ['of a prompt told', { details: true, decoder_input_details: true }, PROMPT, 'a stream has no room for'],
    ['of beams', { num_beams: 2 }, PROMPT, 'a stream follows one text'],
  ])('a stream %s', async (_, parameters, inputs, message) => {
    const response = await write(parameters, inputs, { stream: true });
    expect(response.status).toBe(422);
    expect((await response.json<{ error: string }>()).error).toContain(message);
  });
});

describe('bounds', () => {
  test('the work of a request: reaching it ends the text', async () => {
    const answer = await post(
      '/v1/text-generation',
      {
        model: GPT2,
        inputs: PROMPT,
        parameters: { do_sample: false, min_new_tokens: 60, max_new_tokens: 60, details: true },
      },
      isolate({ MAX_DECODER_MIB: '5' }),
    );
    const [{ details }] = await answer.json<[{ details: { finish_reason: string; generated_tokens: number } }]>();
    expect(details.finish_reason).toBe('length');
    expect(details.generated_tokens).toBeGreaterThan(0);
    expect(details.generated_tokens).toBeLessThan(60);
  });

  test('an equal seed gives an equal text, and the details tell the seed', async () => {
    const ask = async (seed: number | null) => {
      const response = await write({ do_sample: true, max_new_tokens: 12, seed, details: true });
      const [answer] = await response.json<[{ generated_text: string; details: { seed: number } }]>();
      return answer;
    };
    const first = await ask(null);
    expect(await ask(first.details.seed)).toEqual(first);
    expect((await ask(first.details.seed + 1)).generated_text).not.toBe(first.generated_text);
    const drawn = { do_sample: true, max_new_tokens: 12, seed: first.details.seed };
    const streamed = eventsOf(await (await write(drawn, PROMPT, { stream: true })).text());
    expect(streamed.at(-1)?.generated_text).toBe(first.generated_text);
    const several = await write({ ...drawn, num_return_sequences: 3 });
    const texts = (await several.json<{ generated_text: string }[]>()).map(({ generated_text }) => generated_text);
    expect(texts[0]).toBe(first.generated_text);
    expect(new Set(texts).size).toBe(3);
    expect(await (await write({ ...drawn, num_return_sequences: 3 })).json()).toEqual(
      texts.map((generated_text) => ({ generated_text })),
    );
  });

  test('a stop string that falls across tokens', async () => {
    const [{ generated_text: whole }] = await (await write({ max_new_tokens: 12, return_full_text: false })).json<
      [{ generated_text: string }]
    >();
    const stop = whole.slice(4, 9);
    const answer = await write({ max_new_tokens: 12, return_full_text: false, stop: [stop], details: true });
    const [{ generated_text: text, details }] =
      await answer.json<[{ generated_text: string; details: { finish_reason: string } }]>();
    expect(details.finish_reason).toBe('stop_sequence');
    expect(text).toContain(stop);
    expect(whole.startsWith(text)).toBe(true);
    expect(text.length).toBeLessThan(whole.length);
  });
});
