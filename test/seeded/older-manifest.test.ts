// Models that were published by an older version of this project answer as they did.

import { expect, inject, test } from 'vitest';
import { isolate, post } from '../http/worker.ts';
import { publishSeeded } from './worker.ts';

test('a manifest from before they named [CLS] has it in the first place', async () => {
  const task = 'question-answering';
  const inputs = { question: 'Where does Olga work?', context: 'Olga works at Quartz Labs in Lagos.' };
  const [known] = inject('seeded').filter((manifest) => manifest.task === task);
  if (!known) throw new Error('no seeded checkpoint answers questions');
  const { clsId, ...older } = known.pieces;
  expect(clsId).toEqual(expect.any(Number));
  const answers: unknown[] = [];
  for (const pieces of [known.pieces, older, { ...older, clsId: null }]) {
    await publishSeeded(task, { pieces });
    // An isolate that has not seen the others.
    answers.push(await (await post(`/v1/${task}`, { inputs }, isolate())).json());
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).not.toEqual(answers[0]);
});
