// Reads what a checkpoint's config.json says of it.

import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { Manifest } from '../shared/model/manifest.ts';

export type Config = Pick<Manifest, 'task' | 'architecture' | 'maxLength' | 'id2label' | 'problemType'>;

/** The task that a head is for. */
const TASK_OF_HEAD: Readonly<Record<string, string>> = { ForSequenceClassification: 'text-classification' };

const schema = z.object({
  model_type: z.string(),
  architectures: z.array(z.string()).check(z.minLength(1)),
  max_position_embeddings: z.int(),
  id2label: z.record(z.string(), z.string()),
  problem_type: z.nullish(z.enum(['regression', 'single_label_classification', 'multi_label_classification'])),
});

export async function readConfig(path: string): Promise<Config> {
  const config = schema.parse(JSON.parse(await readFile(path, 'utf8')));
  const [architecture = ''] = config.architectures;
  const head = Object.keys(TASK_OF_HEAD).find((suffix) => architecture.endsWith(suffix));
  const task = TASK_OF_HEAD[head ?? ''];
  if (!task) {
    throw new Error(
      `${path}: no task runs on ${architecture}; known heads are ${Object.keys(TASK_OF_HEAD).join(', ')}`,
    );
  }
  return {
    task,
    architecture: config.model_type,
    maxLength: config.max_position_embeddings,
    id2label: toList(path, config.id2label),
    problemType: config.problem_type ?? null,
  };
}

function toList(path: string, id2label: Readonly<Record<string, string>>): string[] {
  return Object.keys(id2label).map((_, id) => {
    const label = id2label[id];
    if (label === undefined) throw new Error(`${path}: id2label has no label for ${id}`);
    return label;
  });
}
