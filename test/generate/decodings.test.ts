// A prompt that is read in parts, and a text that is continued: each layout of graphs goes on from what it remembers.

import { beforeAll, expect, test } from 'vitest';
import type { Decoding } from '../../shared/generate/decoding.ts';
import { KeyValues } from '../../shared/generate/key-values.ts';
import { Memories } from '../../shared/generate/memories.ts';
import { decodersOf, openDecoding } from '../../shared/generate/open-decoding.ts';
import { encodeSource } from '../../shared/generate/source.ts';
import { WithoutCache } from '../../shared/generate/without-cache.ts';
import { isolateOf } from '../../shared/http/isolate.ts';
import type { Model } from '../../shared/model/open-model.ts';
import { isolate, source } from '../http/worker.ts';
import { publishSeeded } from '../seeded/worker.ts';

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

test.each<[string, Open]>([
  ['seeded-gpt2-text-generation', keyValues],
  ['seeded-gpt2-merged-text-generation', keyValues],
  ['seeded-ctrl-text-generation', keyValues],
  ['seeded-transfo-xl-text-generation', memories],
  ['seeded-openai-gpt-text-generation', withoutCache],
  ['seeded-bart-summarization', keyValues],
  ['seeded-t5-summarization', keyValues],
  ['seeded-t5-translation', keyValues],
  ['seeded-mbart-translation', keyValues],
])('%s: parts of three give the scores of the whole, then and after', async (name, open) => {
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
