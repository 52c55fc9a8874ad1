// Golden: the texts that the pipelines of transformers 4.57 answer, over HTTP (model-assets/seeded-writing/pipelines.py).

import { expect, inject, test } from 'vitest';
import { isolate, post } from '../http/worker.ts';
import { publishSeeded } from '../seeded/worker.ts';
import type {} from './provided.ts';

const on = isolate();
const groups = inject('writingPipelines').map((cases) => {
  const { task, model, parameters } = cases[0] ?? { task: '', model: '', parameters: {} };
  return { title: `${task} ${model} ${JSON.stringify(parameters)}`, task, model, parameters, cases };
});

test.each(groups)('$title', { timeout: 120_000 }, async ({ task, model, parameters, cases }) => {
  await publishSeeded(task.replace(/_.*/, ''));
  for (const { inputs, expected } of cases) {
    const response = await post(`/v1/${task}`, { model, inputs, parameters }, on);
    expect(await response.json(), inputs).toEqual(expected);
  }
});
