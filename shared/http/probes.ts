// GET /health: the isolate runs. GET /ready: it could answer, because everything that it would open is there.

import type { Hono } from 'hono';
import { blobKey, blobsOf } from '../model/manifest.ts';
import type { Task } from '../task.ts';
import { isolateOf } from './isolate.ts';
import { method } from './method.ts';
import type { Env } from './settings.ts';
import { sourceOf } from './source.ts';

export function addProbes(app: Hono<{ Bindings: Env }>, tasks: readonly Pick<Task, 'name'>[]): void {
  method(app, 'GET', '/health', (c) => c.json({ status: 'ok' }));
  method(app, 'GET', '/ready', async (c) => {
    const source = sourceOf(c);
    const { manifests } = isolateOf(c.env);
    const { defaults } = await manifests.readCatalogue(source);
    const names = tasks.flatMap(({ name }) => defaults[name] ?? []);
    if (names.length === 0) return c.json({ status: 'not ready', reason: 'no model is published for any task' }, 503);
    for (const name of names) {
      for (const blob of blobsOf(await manifests.read(name, source))) {
        if (await source.bucket.head(blobKey(blob))) continue;
        return c.json(
          { status: 'not ready', reason: `model ${name} is unavailable: blob ${blob.sha256} is missing` },
          503,
        );
      }
    }
    return c.json({ status: 'ready', models: names });
  });
}
