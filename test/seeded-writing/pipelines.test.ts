// Golden: the texts that the pipelines of transformers 4.57 answer, over HTTP (model-assets/seeded-writing/pipelines.py).

import { beforeAll, describe, expect, test } from 'vitest';
import goldens from '../fixtures/seeded-writing/pipelines.json';
import { isolate, post } from '../http/worker.ts';
import { publishSeeded } from '../seeded/worker.ts';

interface Case {
  readonly task: string;
  readonly model: string;
  readonly inputs: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly expected: readonly unknown[];
}

/** Every so many of a group of equal parameters is asked. */
const STEP = 4;
const on = isolate();
const cases = goldens.cases as Case[];

describe.each([...new Set(cases.map(({ task, model }) => `${task} ${model}`))])('%s', (name) => {
  const [task = '', model = ''] = name.split(' ');
  beforeAll(() => publishSeeded(task.replace(/_.*/, '')));

  const own = cases.filter((each) => each.task === task && each.model === model);
  const kinds = [...new Set(own.map(({ parameters }) => JSON.stringify(parameters)))];
  test.each(kinds)('%s', { timeout: 120_000 }, async (kind) => {
    const asked = own.filter(({ parameters }) => JSON.stringify(parameters) === kind).filter((_, i) => i % STEP === 0);
    for (const { inputs, parameters, expected } of asked) {
      const response = await post(`/v1/${task}`, { model, inputs, parameters }, on);
      expect(await response.json(), inputs).toEqual(expected);
    }
  });
});
