// The Worker under test, with a bucket that holds the seeded checkpoints.

import { inject } from 'vitest';
import { CATALOGUE_KEY } from '../../shared/model/catalogue.ts';
import { blobKey, type Manifest, manifestKey } from '../../shared/model/manifest.ts';
import { bucket } from '../http/worker.ts';
import type {} from './provided.ts';

export async function publishSeeded(task: string, changes: Partial<Manifest> = {}): Promise<void> {
  const checkpoints = inject('seeded').filter(({ manifest }) => manifest.task === task);
  for (const { manifest, blobs } of checkpoints) {
    for (const [sha256, base64] of Object.entries(blobs)) {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      await bucket().put(blobKey({ sha256, bytes: bytes.byteLength }), bytes);
    }
    await bucket().put(manifestKey(manifest.name), JSON.stringify({ ...manifest, ...changes }));
  }
  const models = checkpoints.map(({ manifest: { name, tags } }) => ({ name, task, tags }));
  const [first] = models;
  const defaults = { [task]: models.find(({ name }) => name === `seeded-bert-${task}`)?.name ?? first?.name };
  await bucket().put(CATALOGUE_KEY, JSON.stringify({ format: 1, models, defaults }));
}
