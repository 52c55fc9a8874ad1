// Runs a hook's task on the texts of an event, and its rules on the result.

import { ServiceError } from '../errors.ts';
import { acquire } from '../http/acquire.ts';
import { Meter } from '../meter.ts';
import { parse } from '../schema.ts';
import type { Desk } from './desk.ts';
import type { Decision } from './event.ts';
import type { Hook } from './hook.ts';
import { choose } from './rules.ts';

/** Throws what the task throws: `invalid_input` where the hook's parameters or the text are none for the model. */
export async function decide(desk: Desk, hook: Hook, texts: readonly string[]): Promise<Decision> {
  const { isolate, source } = desk;
  const task = taskOf(desk, hook);
  const input = parse(task.input, { inputs: texts, parameters: hook.parameters });
  const { model, release } = await acquire(isolate, task, hook.model ?? undefined, source);
  try {
    const results: unknown[] = await task.run(input, model, {
      // What an event costs is bounded by the limits; nobody leaves before it is done.
      signal: new AbortController().signal,
      meter: new Meter(),
      limits: isolate.settings.limits,
      caches: isolate.caches,
      warn: () => undefined,
    });
    const { name, revision } = model.manifest;
    return { at: Date.now(), task: task.name, model: name, revision, results, ...choose(hook, results) };
  } finally {
    release();
  }
}

/** Refuses what `decide` would refuse whatever the model says, before an event is accepted. */
export function checkDecidable(desk: Desk, hook: Hook, texts: readonly string[]): void {
  parse(taskOf(desk, hook).input, { inputs: texts, parameters: hook.parameters });
}

function taskOf({ tasks }: Desk, hook: Hook) {
  const task = tasks.find(({ name }) => name === hook.task);
  if (!task)
    throw new ServiceError('internal', `hook ${hook.name} runs ${hook.task}, which this Worker does not offer`);
  return task;
}
