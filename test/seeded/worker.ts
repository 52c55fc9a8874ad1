// The Worker under test, with a bucket that holds the seeded checkpoints.

import { env } from 'cloudflare:test';
import { inject } from 'vitest';
import { CATALOGUE_KEY } from '../../shared/model/catalogue.ts';
import { blobKey, blobsOf, type Manifest, manifestKey } from '../../shared/model/manifest.ts';
import { openEngine } from '../../shared/runtime/engine/open-engine.ts';
import type { Session } from '../../shared/runtime/session.ts';
import { bucket } from '../http/worker.ts';
import type {} from './provided.ts';

export const ENGINES: readonly Manifest['engine']['name'][] = ['edge', 'onnxruntime-web'];

/** `engine`: the one that runs them, instead of that which their manifests name. */
export async function publishSeeded(
  task: string,
  changes: Partial<Manifest> = {},
  engine?: Manifest['engine']['name'],
): Promise<void> {
  const manifests = inject('seeded').filter((manifest) => manifest.task === task);
  for (const manifest of manifests) {
    for (const blob of blobsOf(manifest)) await bucket().put(blobKey(blob), await kept(blob.sha256));
    await bucket().put(manifestKey(manifest.name), JSON.stringify({ ...runBy(manifest, engine), ...changes }));
  }
  const models = manifests.map(({ name, tags }) => ({ name, task, tags }));
  const [first] = models;
  const defaults = { [task]: models.find(({ name }) => name === `seeded-bert-${task}`)?.name ?? first?.name };
  await bucket().put(CATALOGUE_KEY, JSON.stringify({ format: 1, models, defaults }));
}

function runBy(manifest: Manifest, engine: Manifest['engine']['name'] | undefined): Manifest {
  if (engine === 'edge' && manifest.engine.name !== 'edge')
    throw new Error(`${manifest.name}: ${manifest.engine.reason}`);
  if (engine !== 'onnxruntime-web') return manifest;
  return { ...manifest, revision: `${manifest.revision} ${engine}`, engine: { name: engine, reason: 'as its judge' } };
}

/** The bytes of a blob. */
export async function kept(sha256: string): Promise<ArrayBuffer> {
  const { BLOBS } = env as unknown as { readonly BLOBS: Fetcher };
  const response = await BLOBS.fetch(`http://blobs.invalid/${sha256}`);
  if (!response.ok) throw new Error(`${sha256} was not kept`);
  return response.arrayBuffer();
}

/** A graph of a seeded checkpoint, open in the project's own engine. */
export async function openSeeded(name: string): Promise<Session> {
  const manifest = inject('seeded').find((each) => each.name === name);
  if (manifest?.engine.name !== 'edge') throw new Error(`${name} does not run on the project's own engine`);
  const bytes = new Uint8Array(await kept(manifest.engine.program.sha256));
  const chunks = (async function* () {
    yield bytes;
  })();
  const { model } = (await openEngine(chunks, bytes.byteLength)).sessions;
  if (!model) throw new Error(`${name} is an encoder and a decoder`);
  return model;
}
