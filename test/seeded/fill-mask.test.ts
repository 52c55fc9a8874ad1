// The task that is asked for words: what it refuses and how, and what it gives for several masks and for targets.

import { beforeAll, describe, expect, test } from 'vitest';
import { isolate, post } from '../http/worker.ts';
import { publishSeeded } from './worker.ts';

const on = isolate();

async function refusal(task: string, body: object): Promise<string> {
  const response = await post(`/v1/${task}`, body, on);
  expect(response.status).toBe(422);
  return (await response.json<{ error: string }>()).error;
}

async function answer<T>(task: string, body: object): Promise<T> {
  const response = await post(`/v1/${task}`, body, on);
  expect(response.status).toBe(200);
  return response.json<T>();
}

describe('fill-mask', () => {
  const task = 'fill-mask';
  beforeAll(() => publishSeeded(task));

  test.each([
    [{ inputs: 'no mask' }, 'inputs[0] has no mask; put [MASK] where a word is wanted'],
    [{ inputs: ['a [MASK]', 'b'] }, 'inputs[1] has no mask'],
    [{ inputs: '[MASK]', parameters: { targets: [] } }, 'parameters.targets must name a token that the model has'],
    [{ inputs: '[MASK]', parameters: { targets: '' } }, 'parameters.targets must name a token that the model has'],
    [{ inputs: '[MASK]', parameters: { top_k: 0 } }, 'parameters.top_k must be a whole number from 1'],
    [
      { inputs: `[MASK] ${'a '.repeat(200)}` },
      'inputs[0] has 203 tokens; this model takes 128 (send less around the mask)',
    ],
  ])('%j', async (body, message) => {
    expect(await refusal(task, body)).toContain(message);
  });

  test('three masks: a list each, the others left in place', async () => {
    const lists = await answer<{ sequence: string }[][]>(task, { inputs: '[MASK] in [MASK] and [MASK]' });
    expect(lists).toHaveLength(3);
    for (const list of lists) for (const { sequence } of list) expect(sequence.match(/\[MASK\]/g)).toHaveLength(2);
  });

  test('padding as a word is left out of the sequence, as the reference leaves it', async () => {
    const body = { inputs: '[MASK] and [MASK]', parameters: { targets: ['[PAD]'] } };
    const [first, second] = await answer<{ sequence: string }[][]>(task, body);
    expect(first?.[0]?.sequence).toBe('[CLS] and [MASK] [SEP]');
    expect(second?.[0]?.sequence).toBe('[CLS] [MASK] and [SEP]');
  });

  test('a target outside the vocabulary stands for its first piece, and the answer warns', async () => {
    const body = { inputs: 'a [MASK] bridge', parameters: { targets: ['quietest', 'quiet', 'été'] } };
    const response = await post(`/v1/${task}`, body, on);
    expect(response.status).toBe(200);
    expect(response.headers.get('warning')).toContain(
      '199 - "target quietest is no token of the model; quiet stands for it"',
    );
    expect(response.headers.get('warning')).toContain('\\u00e9');
  });

  test('more answers than an isolate can hold are refused with the numbers', async () => {
    const body = { inputs: '[MASK] '.repeat(20), parameters: { top_k: 1e9 } };
    const response = await post(`/v1/${task}`, body, on);
    expect(response.status).toBe(413);
    expect((await response.json<{ error: string }>()).error).toContain(
      '20 masks with 700 answers each are 14000; one request takes 10000',
    );
  });

  test('more than there are tokens gives all', async () => {
    expect(await answer(task, { inputs: '[MASK]', parameters: { top_k: 1e9 } })).toHaveLength(700);
  });
});
