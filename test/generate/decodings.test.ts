// A prompt that is read in parts, and a text that is continued: each layout of graphs goes on from what it remembers.

import { beforeAll, expect, test, vi } from 'vitest';
import { CacheGate } from '../../shared/cache-gate.ts';
import type { Decoding } from '../../shared/generate/decoding.ts';
import { configOf, generate } from '../../shared/generate/generate.ts';
import { KeyValues } from '../../shared/generate/key-values.ts';
import { Memories } from '../../shared/generate/memories.ts';
import { decodersOf, openDecoding } from '../../shared/generate/open-decoding.ts';
import { generationFields } from '../../shared/generate/parameters.ts';
import { encodeSource } from '../../shared/generate/source.ts';
import { WithoutCache } from '../../shared/generate/without-cache.ts';
import { isolateOf } from '../../shared/http/isolate.ts';
import { Meter } from '../../shared/meter.ts';
import type { Model } from '../../shared/model/open-model.ts';
import { fields, parse } from '../../shared/schema.ts';
import { watchHeld } from '../http/held.ts';
import { isolate, source } from '../http/worker.ts';
import { publishSeeded } from '../seeded/worker.ts';
import { NO_LIMITS } from './limits.ts';

const PROMPT = [5, 17, 99, 4, 60, 61, 62, 7, 8, 300, 12];
const on = isolate();

beforeAll(async () => {
  for (const task of ['text-generation', 'summarization', 'translation']) await publishSeeded(task);
});

type Source = Awaited<ReturnType<typeof encodeSource>> | null;
type Open = (model: Model, most: number, source: Source) => Decoding;
const keyValues: Open = (model, most, source) => new KeyValues(decodersOf(model), source, most);
const memories: Open = (model, most) => new Memories(decodersOf(model).first, most);
const withoutCache: Open = (model, _, source) => new WithoutCache(decodersOf(model).first, source);

/** What the encoder makes of a few tokens, where there is one. */
async function sourceOf(model: Model): Promise<Source> {
  const [encoding] = model.tokenizer.encode('The engine was quiet.');
  return model.sessions.encoder && encoding ? encodeSource(model, encoding) : null;
}

const LAYOUTS: readonly (readonly [string, Open])[] = [
  ['seeded-gpt2-text-generation', keyValues],
  ['seeded-gpt2-merged-text-generation', keyValues],
  ['seeded-ctrl-text-generation', keyValues],
  ['seeded-transfo-xl-text-generation', memories],
  ['seeded-openai-gpt-text-generation', withoutCache],
  ['seeded-bart-summarization', keyValues],
  ['seeded-t5-summarization', keyValues],
  ['seeded-t5-translation', keyValues],
  ['seeded-mbart-translation', keyValues],
];

test.each(LAYOUTS)('%s: parts of three give the scores of the whole, then and after', async (name, open) => {
  const { model, release } = await isolateOf(on).models.acquire(name, source());
  const encoded = await sourceOf(model);
  const whole = open(model, 1000, encoded);
  const parts = open(model, 3, encoded);
  expect(openDecoding(model, encoded).constructor).toBe(whole.constructor);
  let read: readonly number[] = [];
  for (const tokens of [PROMPT, [44], [45], [46]]) {
    read = [...read, ...tokens];
    // Nothing to remember.
    const afresh = open(model, 1000, encoded);
    const [expected = new Float32Array()] = await afresh.step([read]);
    expect(expected.length).toBeGreaterThan(0);
    for (const decoding of [whole, parts]) {
      const [found = new Float32Array()] = await decoding.step([tokens]);
      expect(found.length).toBe(expected.length);
      const furthest = found.reduce((most, score, i) => Math.max(most, Math.abs(score - (expected[i] ?? 0))), 0);
      expect(furthest).toBeLessThan(1e-4);
    }
    afresh.close();
  }
  whole.close();
  parts.close();
  release();
});

test.each(LAYOUTS)('%s: of the tokens of a run the scores of the last alone come out', async (name, open) => {
  const { model, release } = await isolateOf(on).models.acquire(name, source());
  const { first, later } = decodersOf(model);
  const scored: (readonly number[] | undefined)[] = [];
  const spies = [...new Set([first, later])].map((session) => {
    const run = session.runHeld.bind(session);
    return vi.spyOn(session, 'runHeld').mockImplementation(async (...args) => {
      const result = await run(...args);
      scored.push(result.fetched.logits?.dims.slice(0, 2));
      return result;
    });
  });
  const decoding = open(model, 4, await sourceOf(model));
  await decoding.step([PROMPT]);
  decoding.reorder([0, 0]);
  await decoding.step([[44], [45]]);
  // Graphs whose further runs take a token at a time are not given several.
  expect(scored.length).toBeGreaterThan(1);
  expect(scored.at(-1)).toEqual([2, 1]);
  expect(scored.slice(0, -1).every((dims) => `${dims}` === '1,1')).toBe(true);
  // Transformer-XL's come from more than one layer, and are all computed.
  expect(first.skipsLogits).toBe(!name.includes('transfo'));
  for (const spy of spies) spy.mockRestore();
  decoding.close();
  release();
});

test.each<[string, Open]>([
  ['seeded-gpt2-text-generation', keyValues],
  ['seeded-transfo-xl-text-generation', memories],
])('%s: between the parts others have their turn', async (name, open) => {
  const { model, release } = await isolateOf(on).models.acquire(name, source());
  const decoding = open(model, 3, null);
  const read: number[] = [];
  await decoding.step([PROMPT], async () => {
    read.push(decoding.positions);
  });
  expect(read).toEqual([3, 6, 9]);
  expect(decoding.positions).toBe(PROMPT.length);
  decoding.close();
  release();
});

test.each([1, 3])('a client that leaves while its prompt is read: no part more, num_beams %d', async (beams) => {
  const { model, release } = await isolateOf(on).models.acquire('seeded-gpt2-text-generation', source());
  // A vocabulary of which the scores of three positions are as many as may be held.
  const large: Model = {
    ...model,
    tokenizer: { vocabularySize: Math.floor(2 ** 22 / 3), bytes: 0 } as Model['tokenizer'],
  };
  const leaving = new AbortController();
  const watched = watchHeld(decodersOf(model).first, (run) => {
    if (run === 2) leaving.abort(new Error('the client left'));
  });
  const context = {
    signal: leaving.signal,
    meter: new Meter(),
    limits: NO_LIMITS,
    caches: new CacheGate(Number.POSITIVE_INFINITY),
    isDefault: false,
    warn: () => undefined,
  };
  const asked = parse(fields(generationFields), { num_beams: beams, max_new_tokens: 4 });
  const config = configOf([asked], { promptLength: PROMPT.length }, large, context);
  await expect(generate({ ids: PROMPT, source: null }, config, large, context)).rejects.toThrow('the client left');
  expect(watched.steps()).toBe(2);
  expect(watched.alive.size).toBe(0);
  watched.restore();
  release();
});
