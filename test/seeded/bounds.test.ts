// Requests that ask for more than an isolate should do, or for much: refused with the numbers, or answered without harm.

import { beforeAll, expect, test, vi } from 'vitest';
import { isolateOf } from '../../shared/http/isolate.ts';
import { isolate, post, source } from '../http/worker.ts';
import { publishSeeded } from './worker.ts';

const on = isolate();
const TASKS = ['fill-mask', 'question-answering', 'text-classification', 'zero-shot-classification'];
beforeAll(async () => {
  for (const task of TASKS) await publishSeeded(task);
});

async function refusal(path: string, body: object): Promise<string> {
  const response = await post(path, body, on);
  expect(response.status).toBe(413);
  return (await response.json<{ error: string }>()).error;
}

test('question-answering: answers of all questions together', async () => {
  const inputs = Array(20).fill({ question: 'Who?', context: 'Zoë' });
  const body = { model: 'seeded-bert-question-answering', inputs, parameters: { top_k: 501 } };
  expect(await refusal('/v1/question-answering', body)).toBe(
    '20 questions with 501 answers each are 10020; one request takes 10000 (lower parameters.top_k)',
  );
});

test('question-answering: as many answers as one request takes, the best of which are those of fewer', async () => {
  const inputs = {
    question: 'Who?',
    context: 'Zoë loved the bridge in Paris and Amélie the kitchen in Dakar. '.repeat(4),
  };
  const best = async (top_k: number) => {
    const parameters = { top_k, max_answer_len: 384, align_to_words: false };
    const body = { model: 'seeded-bert-question-answering', inputs, parameters };
    return (await post('/v1/question-answering', body, on)).json<{ start: number; end: number; score: number }[]>();
  };
  const many = await best(10_000);
  expect(many.length).toBeGreaterThan(500);
  expect(many.map(({ score }) => score)).toEqual(many.map(({ score }) => score).sort((a, b) => b - a));
  const spans = new Set(many.map(({ start, end }) => `${start} ${end}`));
  for (const { start, end } of await best(3)) expect(spans).toContain(`${start} ${end}`);
});

test('question-answering: many answers in each of many windows', async () => {
  const inputs = { question: 'Who?', context: 'Zoë loved the bridge in Paris. '.repeat(200) };
  const parameters = { top_k: 10_000, max_answer_len: 120 };
  const body = { model: 'seeded-bert-question-answering', inputs, parameters };
  expect(await refusal('/v1/question-answering', body)).toMatch(
    /^inputs\[0\] has up to \d{6} answers in its windows to pick from; one question takes 262144 \(lower parameters\.top_k or/,
  );
});

// A word that the model does not know is one token, of whatever length.
test('question-answering: answers that are few, and long', async () => {
  const words = 'Zoë loved the bridge in Paris. '.repeat(2);
  const inputs = { question: 'Who?', context: `${words}${'Ệ'.repeat(100_000)} ${words}` };
  const body = { model: 'seeded-bert-question-answering', inputs, parameters: { top_k: 200, max_answer_len: 50 } };
  expect(await refusal('/v1/question-answering', body)).toMatch(
    /^the answers have \d{7,8} characters together; one request takes 4194304 \(lower parameters\.top_k\)$/,
  );
});

test('question-answering: a long word is copied for no answer, and those are one that differ in case alone', async () => {
  const words = 'Zoë ΟΔΟΣ 😀 zoë οδος ZOË ';
  const inputs = { question: 'Who?', context: `${words}${'Ệ'.repeat(100_000)} ${words}` };
  const body = { model: 'seeded-bert-question-answering', inputs, parameters: { top_k: 40, max_answer_len: 50 } };
  const lower = vi.spyOn(String.prototype, 'toLowerCase');
  try {
    const response = await post('/v1/question-answering', body, on);
    const answers = await response.json<{ answer: string; start: number }[]>();
    const read = lower.mock.contexts.reduce((sum: number, text) => sum + String(text).length, 0);
    expect(read).toBeLessThan(2 * inputs.context.length);
    expect(new Set(answers.map(({ answer }) => answer.toLowerCase())).size).toBe(40);
    expect(answers.some(({ answer }) => answer.length > 100_000)).toBe(true);
  } finally {
    lower.mockRestore();
  }
});

test('zero-shot-classification: pairs of texts and labels', async () => {
  const parameters = { candidate_labels: 'a,'.repeat(20_000) };
  const body = { model: 'seeded-bert-zero-shot-classification', inputs: 'a', parameters };
  expect(await refusal('/v1/zero-shot-classification', body)).toBe(
    'texts times labels are 20000; one request takes 16384 tokens',
  );
});

test.each([
  ['a text', { inputs: 'Ệ'.repeat(100_000), parameters: { candidate_labels: 'a,'.repeat(100) } }, 10_001_800],
  [
    'a template',
    {
      inputs: 'a',
      parameters: { candidate_labels: 'a,'.repeat(100), hypothesis_template: `${'b'.repeat(100_000)}{}` },
    },
    10_000_200,
  ],
  ['labels', { inputs: Array(100).fill('a'), parameters: { candidate_labels: ['b'.repeat(100_000)] } }, 10_001_800],
])('zero-shot-classification: %s that stands in many pairs', async (_, body, characters) => {
  const model = 'seeded-bert-zero-shot-classification';
  expect(await refusal('/v1/zero-shot-classification', { model, ...body })).toBe(
    `the texts, each with the hypothesis of each label, have ${characters} characters together; one request takes 8388608 (send shorter texts or hypotheses, or fewer of them)`,
  );
});

test('fill-mask: answers that have a long text each', async () => {
  const inputs = `${'[MASK] '.repeat(10)}${'unbelievable '.repeat(100)}`;
  const body = { model: 'seeded-bert-fill-mask', inputs, parameters: { top_k: 700 } };
  expect(await refusal('/v1/fill-mask', body)).toMatch(
    /^the answers have \d{7,8} characters together; one request takes 4194304 \(lower parameters\.top_k, or send less text\)$/,
  );
});

test('fill-mask: targets that are no tokens make few headers', async () => {
  const targets = Array.from({ length: 250 }, (_, i) => `quiet${'x'.repeat(100)}${i}`);
  const body = { model: 'seeded-bert-fill-mask', inputs: 'a [MASK]', parameters: { targets } };
  const response = await post('/v1/fill-mask', body, on);
  expect(response.status).toBe(200);
  const warning = response.headers.get('warning') ?? '';
  expect(warning).toContain('is no token of the model');
  expect(warning.length).toBeLessThan(4096);
});

test('forward: padding is that of the model', async () => {
  const model = 'seeded-roberta-text-classification';
  const { model: open, release } = await isolateOf(on).models.acquire(model, source());
  const graph = open.sessions.model;
  if (!graph) throw new Error('RoBERTa has a graph');
  const run = vi.spyOn(graph, 'run');
  try {
    const inputs = ['a longer text than the other', 'a'];
    expect((await post('/v1/forward', { model, inputs }, on)).status).toBe(200);
    const { padId } = open.manifest.pieces;
    expect(padId).toBe(1);
    const ids = run.mock.calls[1]?.[0].input_ids?.data ?? [];
    expect(Number(ids.at(-1))).toBe(padId);
  } finally {
    run.mockRestore();
    release();
  }
});
