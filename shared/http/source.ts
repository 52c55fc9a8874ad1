// Where a request reads models from, and on whose account.

import type { Context } from 'hono';
import { Meter } from '../meter.ts';
import type { BlobSource } from '../model/blobs.ts';
import type { Env } from './settings.ts';

export function sourceOf(c: Context<{ Bindings: Env }>, meter = new Meter()): BlobSource {
  return {
    bucket: c.env.MODELS,
    cache: caches.default,
    meter,
    waitUntil: (promise) => c.executionCtx.waitUntil(promise),
  };
}
