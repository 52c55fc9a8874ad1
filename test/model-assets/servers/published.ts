// The tiny BERT under several names, for tests of publishing.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Checkpoint, readCheckpoint } from '../../../model-assets/checkpoint.ts';
import { inMemory } from '../../../model-assets/content.ts';
import type { Manifest } from '../../../shared/model/manifest.ts';

export const TINY = join(import.meta.dirname, '..', '..', 'fixtures', 'tiny-bert');

let tiny: Promise<Checkpoint> | undefined;

/** Compiled once; `changed`: of the manifest. */
export async function checkpointOf(name: string, changed: Partial<Manifest> = {}): Promise<Checkpoint> {
  tiny ??= readCheckpoint(TINY, 'tiny');
  const { manifest, ...rest } = await tiny;
  const renamed = { ...manifest, name, ...changed };
  const revision = createHash('sha256').update(JSON.stringify(renamed)).digest('hex').slice(0, 16);
  return { manifest: { ...renamed, revision }, ...rest };
}

/** The same with a tokenizer of its own, which no other model needs. */
export async function withOwnBlob(name: string, text: string): Promise<Checkpoint & { readonly sha256: string }> {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { blobs, ...rest } = await checkpointOf(name, { tokenizer: { sha256, bytes: bytes.byteLength } });
  return { ...rest, blobs: new Map([...blobs, [sha256, inMemory(bytes)]]), sha256 };
}
