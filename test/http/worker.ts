// The Worker under test, with a bucket that holds the tiny BERT.

import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { inject } from 'vitest';
import worker from '../../functions/index.ts';
import type { Env } from '../../shared/http/settings.ts';
import { Meter } from '../../shared/meter.ts';
import type { BlobSource } from '../../shared/model/blobs.ts';
import { CATALOGUE_KEY } from '../../shared/model/catalogue.ts';
import { blobKey, blobsOf, type Manifest, manifestKey } from '../../shared/model/manifest.ts';
import type {} from '../provided.ts';

export const tinyBert: Manifest = inject('tinyBert').manifest;

/** An isolate of its own: settings that differ, and nothing open. */
export function isolate(overrides: Partial<Env> = {}): Env {
  return { ...(env as unknown as Env), MANIFEST_TTL_SECONDS: '0', ...overrides };
}

export async function publishTinyBert(changes: Partial<Manifest> = {}): Promise<Manifest> {
  const manifest = { ...tinyBert, ...changes };
  for (const blob of blobsOf(tinyBert)) await bucket().put(blobKey(blob), blobBytes(blob.sha256));
  await bucket().put(manifestKey(manifest.name), JSON.stringify(manifest));
  const catalogue = {
    format: 1,
    models: [{ name: manifest.name, task: manifest.task, tags: manifest.tags }],
    defaults: { [manifest.task]: manifest.name },
  };
  await bucket().put(CATALOGUE_KEY, JSON.stringify(catalogue));
  return manifest;
}

export function blobBytes(sha256: string): Uint8Array {
  return Uint8Array.from(atob(inject('tinyBert').blobs[sha256] ?? ''), (c) => c.charCodeAt(0));
}

export const bucket = (): R2Bucket => (env as unknown as Env).MODELS;

/** What opening a model outside a request needs. */
export function source(): BlobSource {
  return { bucket: bucket(), cache: caches.default, meter: new Meter(), waitUntil: () => undefined };
}

/** Sends a request and waits for what it leaves to be done after it. */
export async function send(path: string, init: RequestInit = {}, on: Env = isolate()): Promise<Response> {
  const { answer, done } = dispatch(path, init, on);
  const response = await answer;
  await done();
  return response;
}

export function post(path: string, body: unknown, on?: Env): Promise<Response> {
  return send(path, toPost(body), on);
}

/** The answer as it comes, and a wait for what is left to be done. */
export function dispatch(path: string, init: RequestInit, on: Env) {
  const context = createExecutionContext();
  const answer = Promise.resolve(worker.fetch(new Request(`http://edge.test${path}`, init), on, context));
  return { answer, done: () => waitOnExecutionContext(context) };
}

export const toPost = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
