// A model for zero-shot is a classifier of pairs, and answers as one.

import { beforeAll, expect, test } from 'vitest';
import { isolate, post } from '../http/worker.ts';
import { publishSeeded } from './worker.ts';

const on = isolate();
const model = 'seeded-bert-zero-shot-classification';
beforeAll(() => publishSeeded('zero-shot-classification'));

interface Scored {
  readonly label: string;
  readonly score: number;
}

test('text-classification tells all labels of a pair; zero-shot is what it says of two of them', async () => {
  const pair = { text: 'The bridge in Paris was loved.', text_pair: 'This example is about travel.' };
  const [classes] = await (await post('/v1/text-classification', { model, inputs: [pair] }, on)).json<[Scored[]]>();
  const scoreOf = (start: string) => classes.find(({ label }) => label.toLowerCase().startsWith(start))?.score ?? 0;
  expect(classes).toHaveLength(3);
  const parameters = { candidate_labels: ['travel'], hypothesis_template: 'This example is about {}.' };
  const asked = { model, inputs: pair.text, parameters };
  const [topic] = await (await post('/v1/zero-shot-classification', asked, on)).json<[Scored]>();
  expect(topic.score).toBeCloseTo(scoreOf('entail') / (scoreOf('entail') + scoreOf('contra')), 4);
});

test('the other tasks still refuse it', async () => {
  const response = await post('/v1/token-classification', { model, inputs: 'a' }, on);
  expect(response.status).toBe(422);
  expect((await response.json<{ error: string }>()).error).toContain('serves zero-shot-classification');
});
