// Answers of trained checkpoints on each engine: how many are wrong, and how many are others with attention in int8.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import heldBack from '../../../model-assets/evaluate/held-back.json' with { type: 'json' };
import { isExact, type Question } from '../../../model-assets/evaluate/question-answering.ts';
import { readRows } from '../../../model-assets/evaluate/service.ts';
import { type Entity, entitiesOf, type Tagged } from '../../../model-assets/evaluate/token-classification.ts';
import type { Row, Subject } from '../bench.ts';
import { forBoth, inBytesOf, peerOf, withInt8Attention } from '../engine-models.ts';
import { buildLimits } from '../limits.ts';
import { start, type Workerd } from '../workerd.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const DATA = join(ROOT, '..', 'shared', 'data');
const WORKER = 'test/bench/workers/engine.ts';
/** Inputs of a request. */
const TOGETHER = 16;
/** Their contexts are long: all 2,430 would take as long as all the others. */
const MOST_QUESTIONS = 600;

/** Questions to a model. `R`: a row of the data, `A`: an answer of the service. */
interface Trial<R, A> {
  readonly model: string;
  readonly what: string;
  readonly file: string;
  readonly parameters: object;
  chosen(rows: readonly R[]): readonly R[];
  input(row: R): unknown;
  text(answer: A): string;
  isRight(text: string, row: R): boolean;
}

const SENTIMENT: Trial<{ text: string; label: string }, readonly { label: string }[]> = {
  model: 'minilm-sst2',
  what: 'sentences of SST-2 dev',
  file: 'text-classification/sst2.dev.jsonl.gz',
  parameters: { top_k: 1 },
  chosen: (rows) => rows,
  input: ({ text }) => text,
  text: ([best]) => best?.label ?? '',
  isRight: (text, { label }) => text === label,
};

const ENTITIES: Trial<Tagged, readonly Entity[]> = {
  model: 'minilm-ner',
  what: 'sentences of WikiANN-en dev',
  file: 'token-classification/wikiann-en.dev.jsonl.gz',
  parameters: { aggregation_strategy: 'first' },
  chosen: (rows) => rows,
  input: ({ words }) => words.join(' '),
  text: (entities) => entities.map(({ entity_group, start, end }) => `${entity_group} ${start} ${end}`).join(),
  isRight: (text, row) => text === entitiesOf(row).join(),
};

const ANSWERS: Trial<Question, { readonly answer: string }> = {
  model: 'minilm-squad',
  what: 'questions of SQuAD',
  file: 'question-answering/squad11-dev.jsonl.gz',
  parameters: {},
  chosen(rows) {
    const kept = rows.filter(({ title }) => heldBack.squad.includes(title));
    return kept.filter((_, i) => i % Math.ceil(kept.length / MOST_QUESTIONS) === 0);
  },
  input: ({ question, context }) => ({ question, context }),
  text: ({ answer }) => answer,
  isRight: (text, { answers }) => isExact(text, answers),
};

type Report = (row: Omit<Row, 'subject'>) => void;

export default {
  name: 'engine-labels',
  summary: 'wrong answers of trained checkpoints, beside onnxruntime-web (peer), and those that int8 attention changes',
  async run(report) {
    await buildLimits();
    await tried(SENTIMENT, report);
    await tried(ENTITIES, report);
    await tried(ANSWERS, report);
  },
} satisfies Subject;

async function tried<R, A>(trial: Trial<R, A>, report: Report): Promise<void> {
  const { model, what } = trial;
  const file = join(DATA, trial.file);
  if (!existsSync(file)) return console.error(`  skipped ${model}: ${file} is not there`);
  const rows = trial.chosen(await readRows<R>(file));
  const folder = join(ROOT, 'model-assets', 'checkpoints', model);
  const checkpoints = [...(await forBoth(folder, model)), await withInt8Attention(folder, model)];
  const workerd = await start(WORKER, { checkpoints });
  try {
    const [ours, peer, int8] = [
      await textsOf(workerd, model, trial, rows),
      await textsOf(workerd, peerOf(model), trial, rows),
      await textsOf(workerd, inBytesOf(model), trial, rows),
    ];
    const wrong = (texts: readonly string[]) => rows.filter((row, i) => !trial.isRight(texts[i] ?? '', row)).length;
    const of = `of ${rows.length} ${what}`;
    for (const [texts, label] of [
      [ours, ''],
      [int8, ', attention in int8'],
    ] as const) {
      const [own, other] = [wrong(texts), wrong(peer)];
      report({ case: `${model}, wrong ${of}${label}`, unit: 'answers', ours: own, peer: other, ratio: other / own });
    }
    const changed = int8.filter((text, i) => text !== ours[i]).length;
    report({
      case: `${model}, others ${of} with attention in int8`,
      unit: 'answers',
      ours: changed,
      peer: null,
      ratio: null,
    });
  } finally {
    await workerd.close();
  }
}

async function textsOf<R, A>(
  workerd: Workerd,
  name: string,
  { input, parameters, text }: Trial<R, A>,
  rows: readonly R[],
): Promise<string[]> {
  const texts: string[] = [];
  for (let i = 0; i < rows.length; i += TOGETHER) {
    const inputs = rows.slice(i, i + TOGETHER).map(input);
    const response = await workerd.post(`/models/${name}`, { inputs, parameters });
    if (!response.ok) throw new Error(await response.text());
    texts.push(...((await response.json()) as A[]).map(text));
  }
  return texts;
}
