// A stream of a text: it says what the whole answer says, its errors are events, and nothing is left behind.

import { beforeAll, describe, expect, test, vi } from 'vitest';
import { isolateOf } from '../../shared/http/isolate.ts';
import { graphOf } from '../../shared/model/open-model.ts';
import { publishSeeded } from '../seeded/worker.ts';
import { eventsOf, linesOf } from './events.ts';
import { watchHeld } from './held.ts';
import { dispatch, isolate, post, source, toPost } from './worker.ts';

const GPT2 = 'seeded-gpt2-text-generation';
const PROMPT = 'The engine was';
const on = isolate();

beforeAll(() => publishSeeded('text-generation'));

const write = (parameters: object, inputs: unknown = PROMPT, more: object = {}) =>
  post('/v1/text-generation', { model: GPT2, inputs, parameters: { do_sample: false, ...parameters }, ...more }, on);

describe('a stream', () => {
  test('says what the whole answer says, token by token', async () => {
    const parameters = { max_new_tokens: 24, details: true };
    const [whole] = await (await write(parameters)).json<
      [{ generated_text: string; details: { tokens: { id: number }[] } }]
    >();
    const response = await write(parameters, PROMPT, { stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = await response.text();
    expect(linesOf(text).at(-1)).toBe('data:[DONE]');
    const events = eventsOf(text);
    expect(events.map(({ index }) => index)).toEqual(events.map((_, i) => i + 1));
    expect(events.every(({ token }) => token.logprob < 0)).toBe(true);
    expect(events.map(({ token }) => token.id)).toEqual(whole.details.tokens.map(({ id }) => id));
    const last = events.at(-1);
    expect(last?.generated_text).toBe(whole.generated_text);
    expect(last?.details).toMatchObject({ generated_tokens: events.length });
    expect(
      events.slice(0, -1).every(({ generated_text, details }) => generated_text === null && details === null),
    ).toBe(true);
    expect(PROMPT + events.map(({ token }) => token.text).join('')).toBe(whole.generated_text);
  });

  test('never cuts a character, which may come in several tokens', async () => {
    const parameters = { max_new_tokens: 40 };
    const [{ generated_text: whole }] = await (await write(parameters, 'a')).json<[{ generated_text: string }]>();
    const events = eventsOf(await (await write(parameters, 'a', { stream: true })).text());
    const texts = events.map(({ token }) => token.text);
    // Of two bytes. No token says it alone.
    const last = texts.findIndex((text) => text.includes('и'));
    const first = texts.findLastIndex((text, i) => i < last && text !== '') + 1;
    expect(last - first).toBeGreaterThan(0);
    const input_ids = events.slice(first, last + 1).map(({ token }) => [token.id]);
    const alone = await post('/v1/detokenize', { model: GPT2, input_ids }, on);
    const { texts: pieces } = await alone.json<{ texts: string[] }>();
    expect(pieces.filter((text) => text !== '' && !text.includes('и'))).toHaveLength(input_ids.length);
    expect(`a${texts.join('')}`).toBe(whole);
  });

  test.each([
    ['at the end of a text', { max_new_tokens: 60 }, 'eos_token', null],
    ['at its length', { max_new_tokens: 5 }, 'length', null],
    ['at a string across tokens', { max_new_tokens: 12, stop: [] }, 'stop_sequence', null],
    ['drawn by a seed', { max_new_tokens: 5, do_sample: true, seed: 7 }, 'length', 7],
  ])('tells in its last event how it ended: %s', async (_, parameters, reason, seed) => {
    const rest = { ...parameters, return_full_text: false };
    if ('stop' in rest) {
      const [{ generated_text: text }] = await (await write({ ...rest, stop: null })).json<
        [{ generated_text: string }]
      >();
      rest.stop = [text.slice(4, 9)] as never[];
    }
    const [whole] = await (await write(rest)).json<[{ generated_text: string }]>();
    const events = eventsOf(await (await write(rest, PROMPT, { stream: true })).text());
    const last = events.at(-1);
    expect(last?.details).toEqual({ finish_reason: reason, generated_tokens: events.length, seed });
    expect(last?.generated_text).toBe(whole.generated_text);
    expect(events.length).toBeLessThanOrEqual(parameters.max_new_tokens - (reason === 'length' ? 0 : 1));
  });

  test('that draws by chance tells the seed which gives its text again', async () => {
    const ask = async (seed: number | null) => {
      const response = await write({ max_new_tokens: 12, do_sample: true, seed }, PROMPT, { stream: true });
      return eventsOf(await response.text()).at(-1);
    };
    const last = await ask(null);
    expect(last?.details?.seed).toEqual(expect.any(Number));
    expect(await ask(last?.details?.seed ?? null)).toEqual(last);
  });

  test('its first error is an answer, a later one an event', async () => {
    const { model, release } = await isolateOf(on).models.acquire(GPT2, source());
    const session = graphOf(model);
    const run = session.runHeld.bind(session);
    let steps = 0;
    const spy = vi.spyOn(session, 'runHeld').mockImplementation((...args) => {
      if (++steps === 3) throw new Error('the engine burst');
      return run(...args);
    });
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const events = linesOf(await (await write({ max_new_tokens: 9 }, PROMPT, { stream: true })).text());
    const told = JSON.parse(events.at(-1)?.replace(/^data:/, '') ?? '');
    expect(events).toHaveLength(3);
    expect(told).toMatchObject({ error_type: 'internal' });
    expect(JSON.stringify(told)).not.toContain('burst');
    steps = 2;
    expect((await write({ max_new_tokens: 9 }, PROMPT, { stream: true })).status).toBe(500);
    spy.mockRestore();
    vi.restoreAllMocks();
    release();
  });

  test.each(['leaves', 'stalls'])('whose reader %s: nothing is held, and the model is given back', async (what) => {
    const own = isolate();
    const { model, release } = await isolateOf(own).models.acquire(GPT2, source());
    const watched = watchHeld(graphOf(model));
    const body = {
      model: GPT2,
      inputs: PROMPT,
      parameters: { do_sample: false, min_new_tokens: 40, max_new_tokens: 40 },
      stream: true,
    };
    const { answer, done } = dispatch('/v1/text-generation', toPost(body), own);
    const response = await answer;
    if (what === 'leaves') {
      const reader = response.body?.getReader();
      await reader?.read();
      const before = watched.steps();
      await reader?.cancel();
      await done();
      // The one that ran when it left, and no other.
      expect(watched.steps()).toBeLessThanOrEqual(before + 1);
    } else {
      // Nothing is read: the text is written nevertheless, and its end does not wait.
      await done();
      expect(watched.steps()).toBe(40);
      expect(linesOf(await response.text())).toHaveLength(41);
    }
    expect(watched.alive.size).toBe(0);
    watched.restore();
    release();
  });
});
