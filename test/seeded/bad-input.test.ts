// What each task is asked that it should not be: the status, a message that says what would be right, and the next request works.

import { beforeAll, describe, expect, test } from 'vitest';
import { isolate, post } from '../http/worker.ts';
import { publishSeeded } from './worker.ts';

const on = isolate();

async function refusal(task: string, body: object, env = on): Promise<string> {
  const response = await post(`/v1/${task}`, body, env);
  expect(response.status).toBe(422);
  return (await response.json<{ error: string }>()).error;
}

async function answer<T>(task: string, body: object): Promise<T> {
  const response = await post(`/v1/${task}`, body, on);
  expect(await response.clone().text()).not.toContain('"error"');
  expect(response.status).toBe(200);
  return response.json<T>();
}

interface Entity {
  readonly entity_group: string;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

describe('token-classification', () => {
  const task = 'token-classification';
  beforeAll(() => publishSeeded(task));
  const long = 'Sylvain loved the bridge in Paris. '.repeat(30);

  test.each(['', ' ', '?!… — 12.5%', '🙂🎉', '\u0301\u0301'])('a text without letters: %j', async (inputs) => {
    const entities = await answer<Entity[]>(task, { inputs });
    for (const { start, end } of entities) expect(start).toBeLessThan(end);
  });

  test('places count code points, or UTF-16 units when asked, and slice the word out of the text', async () => {
    const inputs = '🙂 e\u0301te\u0301 👩‍🔬 Amélie loved 東京 and Zoë 🎉🎉 in Paris';
    const points = Array.from(inputs);
    const parameters = { aggregation_strategy: 'none', ignore_labels: [] };
    const inPoints = await answer<Entity[]>(task, { inputs, parameters });
    const inUnits = await answer<Entity[]>(task, { inputs, parameters: { ...parameters, offset_unit: 'utf16' } });
    expect(inPoints.length).toBeGreaterThan(10);
    inPoints.forEach(({ start, end }, i) => {
      const unit = inUnits[i];
      expect(points.slice(start, end).join('')).toBe(inputs.slice(unit?.start, unit?.end));
    });
    const paris = inUnits.filter(({ start }) => start >= inputs.indexOf('Paris'));
    expect(inputs.slice(paris[0]?.start, paris.at(-1)?.end)).toBe('Paris');
    expect(paris[0]?.start).toBeGreaterThan(
      inPoints.find(({ start }) => points.slice(start).join('').startsWith('Paris'))?.start ?? 0,
    );
  });

  test('a text over the length is refused with both numbers, and slides when asked', async () => {
    expect(await refusal(task, { inputs: ['a', long] })).toMatch(
      /inputs\[1\] has \d+ tokens; this model takes 128 \(set parameters.stride to slide over it\)/,
    );
    const entities = await answer<Entity[]>(task, { inputs: long, parameters: { stride: 16, ignore_labels: [] } });
    expect(entities.at(-1)?.end).toBeGreaterThan(900);
    for (const [i, entity] of entities.entries()) {
      if (i > 0) expect(entity.start).toBeGreaterThanOrEqual(entities[i - 1]?.end ?? 0);
    }
  });

  test.each([
    [
      { stride: 8, aggregation_strategy: 'none' },
      'parameters.stride goes with an aggregation_strategy other than none',
    ],
    [{ stride: 126 }, 'stride'],
    [{ stride: -1 }, 'parameters.stride must be a whole number from 0'],
    [{ aggregation_strategy: 'best' }, 'parameters.aggregation_strategy must be none, simple, first, average, max'],
    [{ ignore_labels: 'O' }, 'parameters.ignore_labels must be a list of labels'],
    [{ ignore_labels: ['O', 1] }, 'parameters.ignore_labels[1] must be a string'],
    [{ offset_unit: 'bytes' }, 'parameters.offset_unit must be codepoint or utf16'],
  ])('%j', async (parameters, message) => {
    expect(await refusal(task, { inputs: long, parameters })).toContain(message);
  });

  test('grouped_entities is simple, or none', async () => {
    const inputs = 'Sylvain works at Hugging Face in Brooklyn';
    const by = (parameters: object) => answer<object[]>(task, { inputs, parameters });
    expect(await by({ grouped_entities: true })).toEqual(await by({ aggregation_strategy: 'simple' }));
    expect(await by({ grouped_entities: false })).toEqual(await by({ aggregation_strategy: 'none' }));
  });

  test('a list gives a list, in its order', async () => {
    const inputs = ['Sylvain works in Paris', 'Zoë hated Oslo'];
    const both = await answer<Entity[][]>(task, { inputs });
    expect(both).toEqual([await answer(task, { inputs: inputs[0] }), await answer(task, { inputs: inputs[1] })]);
  });
});

describe('question-answering', () => {
  const task = 'question-answering';
  beforeAll(() => publishSeeded(task));
  const context = `${'Zoë painted the bridge. '.repeat(30)}Olga works at Quartz Labs in Lagos.`;
  const inputs = { question: 'Where does Olga work?', context };

  test.each([
    [{ question: 'What?', context: '' }, {}, 'inputs.context must not be empty'],
    [{ question: '', context: 'a' }, {}, 'inputs.question must not be empty'],
    [{ question: 'What?' }, {}, 'inputs.context'],
    [
      { question: 'what '.repeat(70), context: 'a' },
      {},
      'inputs[0].question has 140 tokens; parameters.max_question_len is 64',
    ],
    [inputs, { max_seq_len: 129 }, 'parameters.max_seq_len is 129; this model takes 128 tokens'],
    [inputs, { max_seq_len: 8 }, 'parameters.max_seq_len is 8 and parameters.doc_stride 4; a question of'],
    [inputs, { doc_stride: 127 }, 'inputs[0]: a window of 128 tokens has room for'],
    [inputs, { top_k: 0 }, 'parameters.top_k must be a whole number from 1'],
    [inputs, { max_answer_len: 0 }, 'parameters.max_answer_len must be a whole number from 1'],
  ])('%j %j', async (inputs, parameters, message) => {
    expect(await refusal(task, { inputs, parameters })).toContain(message);
  });

  test('an answer that two windows find is one, and its scores add up', async () => {
    const found = (parameters: object) =>
      answer<{ answer: string; score: number; start: number; end: number }[]>(task, {
        inputs,
        parameters: { top_k: 50, max_seq_len: 64, ...parameters },
      });
    const answers = await found({ doc_stride: 32 });
    expect(new Set(answers.map(({ answer }) => answer.toLowerCase())).size).toBe(answers.length);
    for (const { answer, start, end } of answers) expect(Array.from(context).slice(start, end).join('')).toBe(answer);
  });

  test('no answer, when asked for, is an empty one at 0', async () => {
    const parameters = { handle_impossible_answer: true, top_k: 500, max_answer_len: 2 };
    const answers = await answer<{ answer: string }[]>(task, {
      inputs: { ...inputs, context: 'Oslo is quiet' },
      parameters,
    });
    expect(answers.find(({ answer }) => answer === '')).toMatchObject({ start: 0, end: 0 });
  });

  test('one answer is bare, several are a list; a list of questions is a list', async () => {
    expect(await answer(task, { inputs })).toHaveProperty('answer');
    expect(await answer(task, { inputs, parameters: { top_k: 2 } })).toHaveLength(2);
    expect(await answer(task, { inputs: [inputs, inputs] })).toHaveLength(2);
  });
});

describe('zero-shot-classification', () => {
  const task = 'zero-shot-classification';
  beforeAll(() => publishSeeded(task));
  const inputs = 'This is a course about the Transformers library';
  const by = (parameters: object) => answer<{ label: string; score: number }[]>(task, { inputs, parameters });

  test.each([
    [{ candidate_labels: [] }, 'parameters.candidate_labels must have a label'],
    [{ candidate_labels: ' , ' }, 'parameters.candidate_labels must have a label'],
    [{}, 'parameters.candidate_labels must be a list of labels'],
    [{ candidate_labels: ['a'], hypothesis_template: 'About it.' }, 'parameters.hypothesis_template has {} 0 times'],
    [{ candidate_labels: ['a'], hypothesis_template: '{} {}' }, 'parameters.hypothesis_template has {} 2 times'],
  ])('%j', async (parameters, message) => {
    expect(await refusal(task, { inputs, parameters })).toContain(message);
  });

  test('no parameters at all', async () => {
    expect(await refusal(task, { inputs })).toContain('parameters must be an object; it takes candidate_labels');
  });

  test('one label is judged against its contradiction', async () => {
    const [only] = await by({ candidate_labels: ['music'] });
    expect(only?.score).toBeLessThan(1);
  });

  test('labels that are the same have the same score', async () => {
    const scores = (await by({ candidate_labels: ['music', 'bread', 'music'] })).filter(
      ({ label }) => label === 'music',
    );
    expect(scores).toHaveLength(2);
    expect(scores[0]?.score).toBe(scores[1]?.score);
  });

  test('200 labels, and a budget that bounds them', async () => {
    const labels = Array.from({ length: 200 }, (_, i) => `label ${i}`);
    const scored = await by({ candidate_labels: labels });
    expect(scored).toHaveLength(200);
    expect(scored.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 4);
    const few = isolate({ MAX_TOKENS: '1000' });
    const response = await post(`/v1/${task}`, { inputs, parameters: { candidate_labels: labels } }, few);
    expect(response.status).toBe(413);
    expect((await response.json<{ error: string }>()).error).toContain('more than 1000 tokens together');
  });

  test('a label with $& in it is a label', async () => {
    expect(await by({ candidate_labels: ['$&', "$'"] })).toHaveLength(2);
  });
});

describe('feature-extraction', () => {
  const task = 'feature-extraction';
  beforeAll(() => publishSeeded(task));
  const inputs = 'Today is a sunny day';

  test.each([
    [{ inputs, parameters: { dimensions: 17 } }, 'parameters.dimensions is 17; the embeddings of this model have 16'],
    [{ inputs, dimensions: 0 }, 'dimensions must be a whole number from 1'],
    [{ inputs, pooling: 'max' }, 'pooling must be mean, cls, last, none'],
    [{ inputs, pooling: 'none', dimensions: 4 }, 'dimensions and encoding_format go with a pooling'],
    [{ inputs, prompt_name: 'query' }, 'parameters.prompt_name is query; the prompts of model'],
    [{ inputs: 'a '.repeat(200) }, 'inputs[0] has 202 tokens; this model takes 128 (set truncate to cut it)'],
  ])('%j', async (body, message) => {
    expect(await refusal(task, body)).toContain(message);
  });

  test('parameters at the root and in parameters', async () => {
    const nested = await answer(task, { inputs, parameters: { pooling: 'cls', dimensions: 4 } });
    expect(await answer(task, { inputs, pooling: 'cls', dimensions: 4 })).toEqual(nested);
    expect(nested).toHaveLength(4);
  });

  test('base64 is the same floats', async () => {
    const text = await answer<string>(task, { inputs, encoding_format: 'base64' });
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    expect(Array.from(new Float32Array(bytes.buffer))).toEqual(await answer(task, { inputs }));
  });

  test('a prompt of the checkpoint stands before the text, and can be the default', async () => {
    const embedding = { pooling: 'cls', normalize: false, prompts: { query: 'find: ' }, defaultPrompt: null } as const;
    await publishSeeded(task, { embedding });
    const fresh = isolate();
    const by = async (body: object) => (await post(`/v1/${task}`, body, fresh)).json<number[]>();
    const prompted = await by({ inputs, prompt_name: 'query' });
    expect(prompted).toEqual(await by({ inputs: `find: ${inputs}` }));
    expect(prompted).toEqual(await by({ inputs: `find: ${inputs}`, pooling: 'cls', normalize: false }));
    expect(prompted).not.toEqual(await by({ inputs }));
    await publishSeeded(task, { embedding: { ...embedding, defaultPrompt: 'query' }, revision: 'next' });
    expect(await by({ inputs })).toEqual(prompted);
    await publishSeeded(task);
  });

  test('cut from the left, the end stays', async () => {
    const long = `${'a '.repeat(200)}bridge`;
    const by = (direction: string) => answer(task, { inputs: long, truncate: true, truncation_direction: direction });
    expect(await by('left')).not.toEqual(await by('right'));
    expect(await by('Right')).toEqual(await by('right'));
  });
});

test('a model of another task: 422 that says which task it serves', async () => {
  await publishSeeded('fill-mask');
  expect(await refusal('token-classification', { inputs: 'a', model: 'seeded-bert-fill-mask' })).toContain(
    'model seeded-bert-fill-mask serves fill-mask, not token-classification',
  );
});
