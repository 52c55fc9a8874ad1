// Whether the models that hooks ask for are published, are of the hook's task, and can give the labels that its rules wait for. A rule
// with a label that never comes would send every event elsewhere, and nobody would be told.

import * as z from 'zod/mini';
import { CATALOGUE_KEY, EMPTY_CATALOGUE, parseCatalogue } from '../../shared/model/catalogue.ts';
import { manifestKey } from '../../shared/model/manifest.ts';
import type { Hook } from '../../shared/webhooks/hook.ts';
import type { HookFile } from './hook-files.ts';
import type { HookStore } from './publish-hooks.ts';

/** Tasks of models by the task that runs on them, where it is not the same one alone: labels of entailment are labels too. */
const MODEL_TASKS: Partial<Record<Hook['task'], readonly string[]>> = {
  'text-classification': ['text-classification', 'zero-shot-classification'],
};

/** Throws an error that names the file. */
export async function checkModels(store: HookStore, files: readonly HookFile[]): Promise<void> {
  const stored = await store.get(CATALOGUE_KEY);
  const { models, defaults } = stored ? parseCatalogue(stored.text) : EMPTY_CATALOGUE;
  for (const { path, hook } of files) {
    const name = hook.model ?? defaults[hook.task];
    const model = models.find((each) => each.name === name);
    if (!model) throw new Error(`${path}: ${name ? `no model ${name}` : `no model for ${hook.task}`} is published`);
    const tasks = MODEL_TASKS[hook.task] ?? [hook.task];
    if (!tasks.includes(model.task)) {
      throw new Error(
        `${path}: model ${model.name} is for ${model.task}; ${hook.task} needs one for ${tasks.join(' or ')}`,
      );
    }
    await checkLabels(store, path, hook, model.name);
  }
}

async function checkLabels(store: HookStore, path: string, hook: Hook, model: string): Promise<void> {
  const wanted = hook.rules.flatMap(({ label }) => (label === null ? [] : [label].flat()));
  if (wanted.length === 0) return;
  const known = hook.task === 'zero-shot-classification' ? candidatesOf(hook) : await labelsOf(store, hook, model);
  const stray = wanted.find((label) => !known.includes(label));
  if (stray === undefined) return;
  throw new Error(`${path}: no result has the label ${JSON.stringify(stray)} of rules; there are ${known.join(', ')}`);
}

const zeroShot = z.object({ candidate_labels: z.union([z.string(), z.array(z.string())]) });
const labelled = z.object({ id2label: z.array(z.string()) });

/** As the task reads them. */
function candidatesOf({ parameters }: Hook): readonly string[] {
  const { data } = zeroShot.safeParse(parameters);
  const labels = data?.candidate_labels ?? [];
  return typeof labels === 'string' ? labels.split(',').map((label) => label.trim()) : labels;
}

/** Entities come by their tag, or without its B- or I- where they are grouped. */
async function labelsOf(store: HookStore, { task }: Hook, model: string): Promise<readonly string[]> {
  const stored = await store.get(manifestKey(model));
  if (!stored) throw new Error(`the manifest of ${model} is missing; publish the model again`);
  const { id2label } = labelled.parse(JSON.parse(stored.text));
  if (task !== 'token-classification') return id2label;
  return [...new Set([...id2label, ...id2label.map((label) => label.replace(/^[BI]-/, ''))])];
}
