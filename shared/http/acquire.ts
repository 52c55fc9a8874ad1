// The model that a request runs on: the one it names, or the task's default.

import { ServiceError } from '../errors.ts';
import type { BlobSource } from '../model/blobs.ts';
import type { Lease } from '../model/model-store.ts';
import type { TextModel } from '../model/tokenizer-store.ts';
import type { Task } from '../task.ts';
import type { Isolate } from './isolate.ts';

export interface Acquired extends Pick<Lease, 'release'> {
  readonly model: TextModel;
}

/** Throws `not_found`, `invalid_input` where the model is for another task, and what opening it throws. */
export async function acquire(
  { manifests, models, tokenizers }: Isolate,
  task: Pick<Task, 'name' | 'models' | 'kin'>,
  named: string | undefined,
  source: BlobSource,
): Promise<Acquired> {
  const name = named ?? (await manifests.readCatalogue(source)).defaults[task.name];
  if (name === undefined)
    throw new ServiceError('not_found', `no model is published for ${task.name}; name one in "model"`);
  if (task.models === 'tokenizer') return { model: await tokenizers.open(name, source), release: () => undefined };
  const manifest = await manifests.read(name, source);
  if (task.models === 'own' && manifest.task !== task.name && !task.kin?.includes(manifest.task)) {
    throw new ServiceError(
      'invalid_input',
      `model ${name} serves ${manifest.task}, not ${task.name}; GET /v1/models lists all`,
    );
  }
  return models.acquire(name, source);
}
