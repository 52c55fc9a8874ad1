// Clients that leave before their answer: what runs for them ends where it stands unless the runtime is told to wait.

import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import worker from '../../functions/index.ts';
import { textClassification } from '../../functions/text-classification.ts';
import { isolateOf } from '../../shared/http/isolate.ts';
import { publishTinyBert, toPost } from '../http/worker.ts';
import { emptyEvents, hookOf, publishHooks, signed, webhookIsolate } from './worker.ts';

const EVENT = JSON.stringify({ text: 'I love it' });

beforeAll(async () => {
  await publishTinyBert();
  await emptyEvents();
});
afterEach(() => vi.restoreAllMocks());

test.each([
  ['a task', '/v1/text-classification', toPost({ inputs: 'I love it' })],
  ['a hook', '/webhooks/reviews', { method: 'POST', headers: signed('msg_50', EVENT), body: EVENT }],
])('the runtime is told to wait until %s has given its model back', async (_, path, init) => {
  const on = webhookIsolate();
  await publishHooks(on, hookOf({ mode: 'sync', else: 'answer', destinations: {} }));
  const log: string[] = [];
  const { models } = isolateOf(on);
  const acquire = models.acquire.bind(models);
  vi.spyOn(models, 'acquire').mockImplementation(async (...args) => {
    const { model, release } = await acquire(...args);
    const giveBack = () => {
      log.push('given back');
      release();
    };
    return { model, release: giveBack };
  });
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const run = textClassification.run.bind(textClassification);
  vi.spyOn(textClassification, 'run').mockImplementation(async (...args) => {
    begun.resolve();
    await held.promise;
    return run(...args);
  });
  const waits: Promise<unknown>[] = [];
  const context = {
    waitUntil: (promise: Promise<unknown>) => waits.push(promise),
    passThroughOnException: () => undefined,
  };
  const answer = worker.fetch(new Request(`http://edge.test${path}`, init), on, context as unknown as ExecutionContext);
  await begun.promise;
  const ended = Promise.allSettled(waits).then(() => log.push('the runtime ends'));
  // Time for whatever else it waits for.
  await scheduler.wait(200);
  held.resolve();
  expect((await answer).status).toBe(200);
  await ended;
  expect(log).toEqual(['given back', 'the runtime ends']);
});
