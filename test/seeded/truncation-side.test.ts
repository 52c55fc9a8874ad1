// A checkpoint that has texts cut on the left. Golden: what the pipelines of transformers 4.57 answer with truncation_side left; cut on the
// right, each of them answers otherwise.

import { describe, expect, test } from 'vitest';
import { isolate, post } from '../http/worker.ts';
import { differences } from './differences.ts';
import { publishSeeded } from './worker.ts';

const on = isolate();
const SENTENCES =
  'The harbour was quiet, said Amélie of Atlas Bakery. My name is Sylvain and I work at Hugging Face in Brooklyn. What a brilliant concert in Paris! ';
const text = SENTENCES.repeat(5);
/** The mean of the hidden states, scaled to length 1. */
const EMBEDDING = [
  0.17587, -0.27069, 0.05297, 0.01194, 0.47659, 0.12139, 0.28712, -0.10713, -0.32842, -0.35982, 0.05481, -0.07163,
  -0.45497, -0.03145, 0.2732, 0.17022,
];

const CASES: readonly (readonly [task: string, body: object, expected: unknown])[] = [
  [
    'text-classification',
    { inputs: text, parameters: { truncation: true, max_length: 20, top_k: 2 } },
    [
      [
        { label: 'BAD', score: 0.39032 },
        { label: 'FAIR', score: 0.27064 },
      ],
    ],
  ],
  [
    'zero-shot-classification',
    { inputs: text, parameters: { candidate_labels: ['music', 'work'] } },
    [
      { label: 'music', score: 0.50742 },
      { label: 'work', score: 0.49258 },
    ],
  ],
  [
    'question-answering',
    {
      inputs: { question: 'Where do I work?', context: text },
      parameters: { max_seq_len: 40, doc_stride: 4 },
    },
    { answer: 'The harbour was', score: 0.06435, start: 0, end: 15 },
  ],
  ['feature-extraction', { inputs: text, parameters: { truncate: true } }, EMBEDDING],
];

describe.each(CASES)('%s', (task, body, expected) => {
  test('cuts on the left', async () => {
    await publishSeeded(task, { truncationSide: 'left' });
    const response = await post(`/v1/${task}`, body, on);
    expect(differences(await response.json(), expected, task)).toEqual([]);
  });
});
