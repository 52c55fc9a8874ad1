// Runs one request on a model before it is published: in workerd, by the Worker that is deployed, out of the blobs that would be.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { manifestKey } from '../../shared/model/manifest.ts';
import { type Content, inMemory } from '../content.ts';
import { exchange } from '../exchange.ts';
import { keptBundle } from './kept-bundle.ts';
import type { TrialRequest } from './protocol.ts';
import { type Serving, serveWorker } from './serve-worker.ts';

const ENTRY = 'model-assets/host/trial-worker.ts';

interface Stage extends Serving {
  readonly folder: string;
}

/** The Worker that most trials run in, started before there is a model. */
let prepared: Promise<Stage> | undefined;

export async function prepare(closing: (() => Promise<void>)[]): Promise<void> {
  prepared ??= openStage(true, closing);
  await prepared;
}

/** What the Worker answers. */
export async function runTrial(
  { manifest, blobs, body }: TrialRequest,
  closing: (() => Promise<void>)[],
): Promise<{ readonly status: number; readonly text: string }> {
  const isLean = manifest.engine.name === 'edge';
  const { folder, origin, close } = await ((isLean && prepared) || openStage(isLean, closing));
  prepared = undefined;
  const objects = join(folder, 'objects');
  await place(join(objects, manifestKey(manifest.name)), new TextEncoder().encode(JSON.stringify(manifest)));
  for (const [sha256, { source }] of blobs) await place(join(objects, 'blobs', sha256), source);
  const bytes = Buffer.from(JSON.stringify(body));
  const response = await exchange(new URL(`${origin}/models/${manifest.name}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': String(bytes.byteLength) },
    body: inMemory(bytes),
  });
  const text = await response.text();
  await close();
  return { status: response.status, text };
}

async function openStage(isLean: boolean, closing: (() => Promise<void>)[]): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'trial-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  return { folder, ...(await serveWorker(await keptBundle(ENTRY, isLean), folder, closing)) };
}

/** Files stay where they are. */
async function place(path: string, source: Content['source']): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (source instanceof Uint8Array) await writeFile(path, source);
  else await symlink(resolve(source.path), path);
}
