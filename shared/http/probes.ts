// GET /health: the isolate runs. GET /ready: it could answer, because everything that it would open is there.

import type { Context, Hono } from 'hono';
import { ServiceError } from '../errors.ts';
import { blobKey, openedBlobsOf } from '../model/manifest.ts';
import { demandEngine } from '../model/open-sessions.ts';
import type { Task } from '../task.ts';
import { isolateOf } from './isolate.ts';
import { method } from './method.ts';
import type { Env } from './settings.ts';
import { sourceOf } from './source.ts';

export function addProbes(app: Hono<{ Bindings: Env }>, tasks: readonly Pick<Task, 'name'>[]): void {
  method(app, 'GET', '/health', (c) => c.json({ status: 'ok' }));
  method(app, 'GET', '/ready', async (c) => {
    try {
      return c.json({ status: 'ready', models: await readyModels(c, tasks) });
    } catch (error) {
      if (error instanceof ServiceError) return c.json({ status: 'not ready', reason: error.message }, 503);
      throw error;
    }
  });
}

/** The default models, whose engines and blobs are all there. Throws where one is not, or there is no model. */
async function readyModels(c: Context<{ Bindings: Env }>, tasks: readonly Pick<Task, 'name'>[]): Promise<string[]> {
  const source = sourceOf(c);
  const { manifests } = isolateOf(c.env);
  const { defaults } = await manifests.readCatalogue(source);
  const names = tasks.flatMap(({ name }) => defaults[name] ?? []);
  if (names.length === 0) throw new ServiceError('model_unavailable', 'no model is published for any task');
  for (const name of names) {
    const manifest = await manifests.read(name, source);
    demandEngine(manifest);
    for (const blob of openedBlobsOf(manifest)) {
      if (await source.bucket.head(blobKey(blob))) continue;
      throw new ServiceError('model_unavailable', `model ${name} is unavailable: blob ${blob.sha256} is missing`);
    }
  }
  return names;
}
