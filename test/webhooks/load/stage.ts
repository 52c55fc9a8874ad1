// A folder with everything that a server starts from: the bundled Worker, and R2 with a model and a hook in it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocal } from '../../../model-assets/bucket/local.ts';
import { publish } from '../../../model-assets/bucket/publish.ts';
import { readCheckpoint } from '../../../model-assets/checkpoint.ts';
import { bundle } from '../../../model-assets/host/bundle.ts';
import { startBucket } from '../../../model-assets/host/start-bucket.ts';
import { HOOKS_KEY, toHookFile } from '../../../shared/webhooks/hook-file.ts';

const MODEL = join(import.meta.dirname, '..', '..', '..', 'model-assets', 'checkpoints', 'minilm-sst2');

/** Throw-away secrets, in the form that the scheme wants. */
export const SECRETS = {
  HOOK_SECRET: 'whsec_bG9hZCB0ZXN0LCB0aGUgc2VuZGVy',
  RECEIVER_SECRET: 'whsec_bG9hZCB0ZXN0LCB0aGUgcmVjZWl2ZXI=',
  WEBHOOK_ADMIN_TOKEN: 'load-test-administrator',
  WEBHOOK_LOOPBACK: 'true',
};

export interface Stage {
  readonly folder: string;
  remove(): Promise<void>;
}

/** `hook`: what the hook `load` has beside its name, its signature and its text. `entry`: the Worker, relative to the project. */
export async function setStage(hook: object, entry = 'functions/index.ts'): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'webhooks-'));
  const modules = await bundle(entry, true);
  for (const { path, contents } of modules) await writeFile(join(folder, path), contents ?? '');
  await writeFile(join(folder, 'modules.json'), JSON.stringify(modules.map(({ type, path }) => ({ type, path }))));
  const closing: (() => Promise<void>)[] = [];
  const state = join(folder, 'state');
  const store = openLocal(new URL(await startBucket({ kind: 'bucket', state, bucket: 'MODELS' }, closing)));
  await publish(store, await readCheckpoint(MODEL, 'minilm-sst2'));
  const signature = { scheme: 'standard-webhooks', secrets: ['HOOK_SECRET'] };
  const task = { text: '/data/review', task: 'text-classification', else: 'receiver' };
  await store.put(HOOKS_KEY, toHookFile([{ name: 'load', signature, ...task, ...hook }]), 'nothing');
  for (const close of closing) await close();
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
