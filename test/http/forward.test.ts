// POST /v1/forward against the PyTorch model, and what it refuses.

import { beforeAll, expect, test } from 'vitest';
import goldens from '../fixtures/tiny-bert/goldens.json';
import { isolate, post, publishTinyBert } from './worker.ts';

type Answer = Record<string, { dims: number[]; data: number[] }>;

const on = isolate();
const { ids, mask } = goldens.forward;
beforeAll(async () => void (await publishTinyBert()));

function expectHidden(answer: Answer) {
  expect(answer.last_hidden_state?.dims).toEqual(goldens.forward.dims);
  const perToken = goldens.forward.dims.at(-1) ?? 1;
  answer.last_hidden_state?.data.forEach((x, i) => {
    // Padding is not computed.
    const isPadding = mask.flat()[Math.floor(i / perToken)] === 0;
    expect(x).toBeCloseTo(isPadding ? 0 : (goldens.forward.last_hidden_state[i] ?? Number.NaN), 4);
  });
  expect(answer.logits?.dims).toEqual([2, 3]);
}

test('ids and mask, as the caller padded them', async () => {
  const response = await post('/v1/forward', { model: 'tiny-bert', input_ids: ids, attention_mask: mask }, on);
  expectHidden(await response.json<Answer>());
});

test('texts, padded here', async () => {
  expectHidden(
    await (await post('/v1/forward', { model: 'tiny-bert', inputs: ['I love it', 'a'] }, on)).json<Answer>(),
  );
});

test('a batch gives what its rows give alone, within 1e-5', async () => {
  const texts = ['I love it', 'a', 'How are you?'];
  const batch = await (await post('/v1/forward', { model: 'tiny-bert', inputs: texts }, on)).json<Answer>();
  for (const [row, inputs] of texts.entries()) {
    const alone = await (await post('/v1/forward', { model: 'tiny-bert', inputs }, on)).json<Answer>();
    alone.logits?.data.forEach((x, i) => {
      expect(batch.logits?.data[row * 3 + i]).toBeCloseTo(x, 5);
    });
  }
});

test.each([
  [{}, 'inputs must be a string or a list of strings, or send input_ids'],
  [{ inputs: [] }, 'inputs must have a text'],
  [{ inputs: 'a', input_ids: [[1]] }, 'send either inputs or input_ids, not both'],
  [{ inputs: 'a', attention_mask: [[1]] }, 'attention_mask goes with input_ids; inputs have their own'],
  [{ inputs: 'a', token_type_ids: [[]] }, 'token_type_ids goes with input_ids; inputs have their own'],
  [{ input_ids: [] }, 'input_ids must have a row, and a row an id'],
  [{ input_ids: [[]] }, 'input_ids must have a row, and a row an id'],
  [{ input_ids: [[1, 2], [1]] }, 'input_ids[1] must have 2 entries, as input_ids[0] has'],
  [{ input_ids: [[1, 99999]] }, 'input_ids[0][1] is 99999; it must be below'],
  [{ input_ids: [[-1]] }, 'input_ids[0][0] must be a whole number from 0'],
  [{ input_ids: [[1]], attention_mask: [[2]] }, 'attention_mask[0][0] is 2; it must be below 2'],
  [{ input_ids: [[1]], attention_mask: [[1], [1]] }, 'attention_mask must have 1 rows, as input_ids has'],
  [{ inputs: 'a '.repeat(70) }, 'inputs[0] has 72 tokens; this model takes 64 (send a shorter text)'],
  [{ input_ids: [Array(65).fill(1)] }, 'input_ids[0] has 65 tokens; this model takes 64'],
])('%j is refused', async (body, message) => {
  const response = await post('/v1/forward', { model: 'tiny-bert', ...body }, on);
  expect(response.status).toBe(422);
  expect((await response.json<{ error: string }>()).error).toContain(message);
});

test('padding counts as tokens, as it does where the caller padded', async () => {
  // Three tokens and eleven.
  const inputs = ['a', 'a '.repeat(9)];
  const ask = (tokens: string, body: object) =>
    post('/v1/forward', { model: 'tiny-bert', ...body }, isolate({ MAX_TOKENS: tokens }));
  expect((await ask('22', { inputs })).status).toBe(200);
  const response = await ask('21', { inputs });
  expect(response.status).toBe(413);
  expect((await response.json<{ error: string }>()).error).toBe(
    'inputs, padded to the longest, have 22 tokens; one request takes 21',
  );
  expect((await ask('21', { input_ids: Array(2).fill(Array(11).fill(1)) })).status).toBe(413);
});

test('an answer that would not fit in memory is refused, and the next is given', async () => {
  const wide = isolate({ MAX_INPUTS: '100000', MAX_TOKENS: '10000000' });
  const body = { model: 'tiny-bert', input_ids: Array(1024).fill(Array(64).fill(1)) };
  const response = await post('/v1/forward', body, wide);
  expect(response.status).toBe(413);
  expect((await response.json<{ error: string }>()).error).toContain('one answer takes 1048576');
  expect((await post('/v1/forward', { model: 'tiny-bert', inputs: 'a' }, wide)).status).toBe(200);
});
