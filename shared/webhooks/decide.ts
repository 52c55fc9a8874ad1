// Runs a hook's task on the texts of an event, and its rules on the result.

import { ServiceError } from '../errors.ts';
import { acquire } from '../http/acquire.ts';
import type { AnyTask } from '../http/answer.ts';
import { Meter } from '../meter.ts';
import { parse } from '../schema.ts';
import type { Desk } from './desk.ts';
import type { Decision } from './event.ts';
import type { Hook } from './hook.ts';
import { choose } from './rules.ts';

/** Throws what the task throws; `model_unavailable` where the hook's parameters are none of the task, for that is mended in the hook. */
export async function decide(desk: Desk, hook: Hook, texts: readonly string[]): Promise<Decision> {
  const { isolate, source } = desk;
  const task = taskOf(desk, hook);
  checkParameters(task, hook);
  const input = parse(task.input, { inputs: texts, parameters: hook.parameters });
  const { model, release } = await acquire(isolate, task, hook.model ?? undefined, source);
  try {
    const results: unknown[] = await task.run(input, model, {
      // What an event costs is bounded by the limits; nobody leaves before it is done.
      signal: new AbortController().signal,
      meter: new Meter(),
      limits: isolate.settings.limits,
      caches: isolate.caches,
      isDefault: hook.model === null,
      warn: () => undefined,
    });
    const { name, revision } = model.manifest;
    return { at: Date.now(), task: task.name, model: name, revision, results, ...choose(hook, results) };
  } finally {
    release();
  }
}

/** Refuses texts that no model takes, before an event is accepted. What is wrong in the hook is not the event's fault: it is kept. */
export function checkDecidable(desk: Desk, hook: Hook, texts: readonly string[]): void {
  const task = taskOf(desk, hook);
  if (faultOfParameters(task, hook)) return;
  parse(task.input, { inputs: texts, parameters: hook.parameters });
}

function checkParameters(task: AnyTask, hook: Hook): void {
  const fault = faultOfParameters(task, hook);
  if (fault) throw new ServiceError('model_unavailable', `hook ${hook.name} is to be mended: ${fault}`);
}

/** Told with a text that every task takes. */
function faultOfParameters(task: AnyTask, { parameters }: Hook): string | undefined {
  try {
    parse(task.input, { inputs: ['text'], parameters });
    return undefined;
  } catch (error) {
    return error instanceof ServiceError ? error.message : `${error}`;
  }
}

function taskOf({ tasks }: Desk, hook: Hook) {
  const task = tasks.find(({ name }) => name === hook.task);
  if (!task)
    throw new ServiceError('internal', `hook ${hook.name} runs ${hook.task}, which this Worker does not offer`);
  return task;
}
