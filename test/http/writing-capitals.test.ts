// A checkpoint that says `capitals_from_source`, over HTTP: no other word begins with a capital.

import { beforeAll, expect, inject, test } from 'vitest';
import { manifestKey } from '../../shared/model/manifest.ts';
import { publishSeeded } from '../seeded/worker.ts';
import { bucket, isolate, post } from './worker.ts';

const BART = 'seeded-bart-summarization';
const INPUTS = ['The engine was quiet.', 'It was the 20th of May', 'all is small and quiet'];

beforeAll(() => publishSeeded('summarization'));

const on = isolate();
const capitals = (text: string) => text.match(/[\p{L}\p{M}\p{N}]+/gu)?.filter((word) => /^\p{Lu}/u.test(word)) ?? [];

/** Words with a capital that are not in the source, of each text. */
async function foreign(parameters: object): Promise<string[][]> {
  const asked = { max_new_tokens: 30, ...parameters };
  const response = await post('/v1/summarization', { model: BART, inputs: INPUTS, parameters: asked }, on);
  const answers = await response.json<[{ summary_text: string }][]>();
  return answers.map(([{ summary_text }], i) => {
    const known = capitals(INPUTS[i] ?? '');
    return capitals(summary_text).filter((word) => !known.includes(word));
  });
}

test('words that begin with a capital are those of each text, greedily and in beams', async () => {
  const greedily = { num_beams: 1 };
  for (const parameters of [greedily, {}]) expect((await foreign(parameters)).flat()).not.toEqual([]);
  const manifest = inject('seeded').find(({ name }) => name === BART);
  if (!manifest?.generation) throw new Error('BART writes');
  const { generation } = manifest;
  const changed = { ...manifest, revision: 'capitals', generation: { ...generation, capitalsFromSource: true } };
  await bucket().put(manifestKey(BART), JSON.stringify(changed));
  for (const parameters of [greedily, {}]) expect((await foreign(parameters)).flat()).toEqual([]);
});
