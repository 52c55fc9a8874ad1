// Golden: what the pipelines of transformers 4.57 answered on the seeded checkpoints (model-assets/seeded/generate.py), asked for
// over HTTP. Labels, words, places and their order must be equal, scores within 1e-4.

import { beforeAll, describe, expect, test } from 'vitest';
import featureExtraction from '../fixtures/seeded/feature-extraction.json';
import fillMask from '../fixtures/seeded/fill-mask.json';
import questionAnswering from '../fixtures/seeded/question-answering.json';
import textClassification from '../fixtures/seeded/text-classification.json';
import tokenClassification from '../fixtures/seeded/token-classification.json';
import zeroShotClassification from '../fixtures/seeded/zero-shot-classification.json';
import { isolate, post } from '../http/worker.ts';
import { differences } from './differences.ts';
import { ENGINES, publishSeeded } from './worker.ts';

interface Case {
  readonly model: string;
  readonly inputs: readonly unknown[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly expected: readonly unknown[];
}
interface Group {
  readonly model: string;
  readonly parameters: Case['parameters'];
  readonly inputs: unknown[];
  readonly expected: unknown[];
}

const TASKS: Readonly<Record<string, { readonly cases: readonly unknown[] }>> = {
  'feature-extraction': featureExtraction,
  'fill-mask': fillMask,
  'question-answering': questionAnswering,
  'text-classification': textClassification,
  'token-classification': tokenClassification,
  'zero-shot-classification': zeroShotClassification,
};

const on = isolate({ MAX_TOKENS: '1000000' });

// Both engines, one suite.
const every = Object.entries(TASKS).flatMap(([task, { cases }]) => ENGINES.map((engine) => ({ task, cases, engine })));

describe.each(every)('$task on $engine', ({ task, cases, engine }) => {
  beforeAll(() => publishSeeded(task, {}, engine));

  test.each(grouped(cases as Case[]))('$model $parameters', async ({ model, parameters, inputs, expected }) => {
    const response = await post(`/v1/${task}`, { model, inputs, parameters }, on);
    expect(await response.clone().text()).not.toContain('"error"');
    const answers = await response.json<unknown[]>();
    expect(answers).toHaveLength(inputs.length);
    const faults = expected.flatMap((each, i) => differences(answers[i], toWire(task, parameters, each), `[${i}]`));
    expect(faults).toEqual([]);
  });
});

/** The cases of one model and one set of parameters, which go into one request. */
function grouped(cases: readonly Case[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { model, parameters, inputs, expected } of cases) {
    const key = `${model} ${JSON.stringify(parameters)}`;
    const group = groups.get(key) ?? { model, parameters, inputs: [], expected: [] };
    group.inputs.push(...inputs);
    group.expected.push(...expected);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Goldens keep entities as rows; and the reference gives one answer bare even where more were asked for. */
function toWire(task: string, parameters: Case['parameters'], expected: unknown): unknown {
  if (task === 'token-classification') {
    const names =
      parameters.aggregation_strategy === 'none'
        ? ['entity', 'score', 'index', 'word', 'start', 'end']
        : ['entity_group', 'score', 'word', 'start', 'end'];
    return (expected as unknown[][]).map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  }
  if (task === 'question-answering' && Number(parameters.top_k) > 1 && !Array.isArray(expected)) return [expected];
  return expected;
}
