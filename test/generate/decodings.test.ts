// A prompt that is read in parts, and a text that is continued: each layout of graphs goes on from what it remembers.

import { beforeAll, expect, test } from 'vitest';
import type { Decoding } from '../../shared/generate/decoding.ts';
import { KeyValues } from '../../shared/generate/key-values.ts';
import { Memories } from '../../shared/generate/memories.ts';
import { decodersOf } from '../../shared/generate/open-decoding.ts';
import { isolateOf } from '../../shared/http/isolate.ts';
import type { Model } from '../../shared/model/open-model.ts';
import { isolate, source } from '../http/worker.ts';
import { publishSeeded } from '../seeded/worker.ts';

const PROMPT = [5, 17, 99, 4, 60, 61, 62, 7, 8, 300, 12];
const on = isolate();

beforeAll(() => publishSeeded('text-generation'));

type Open = (model: Model, most: number) => Decoding;
const keyValues: Open = (model, most) => new KeyValues(decodersOf(model), null, most);
const memories: Open = (model, most) => new Memories(decodersOf(model).first, most);

test.each<[string, Open]>([
  ['seeded-gpt2-text-generation', keyValues],
  ['seeded-gpt2-merged-text-generation', keyValues],
  ['seeded-ctrl-text-generation', keyValues],
  ['seeded-transfo-xl-text-generation', memories],
])('%s: parts of three give the scores of the whole, then and after', async (name, open) => {
  const { model, release } = await isolateOf(on).models.acquire(name, source());
  const whole = open(model, 1000);
  const parts = open(model, 3);
  for (const tokens of [PROMPT, [44], [45, 46]]) {
    const [expected = new Float32Array()] = await whole.step([tokens]);
    const [found = new Float32Array()] = await parts.step([tokens]);
    expect(found.length).toBe(expected.length);
    const furthest = found.reduce((most, score, i) => Math.max(most, Math.abs(score - (expected[i] ?? 0))), 0);
    expect(furthest).toBeLessThan(1e-4);
  }
  whole.close();
  parts.close();
  release();
});
