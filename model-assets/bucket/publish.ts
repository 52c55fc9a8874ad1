// Publishes checkpoints: blobs first, then the manifest that names them, then the catalogue that names it. A reader never
// sees half a model, and an interrupted run is mended by running it again.

import pLimit from 'p-limit';
import { type BlobRef, blobsOf, manifestKey, parseManifest } from '../../shared/model/manifest.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { changeCatalogue, withModel } from './catalogue-writer.ts';
import { withClaim } from './claims.ts';
import { readManifest } from './inventory.ts';
import type { ObjectStore } from './object-store.ts';

/** Blobs that are asked for, or written, at once. */
const AT_ONCE = 4;

export interface Publication {
  /** For its task, whatever was. */
  readonly isDefault?: boolean;
  /** Told of the bytes that are to be written, before the first is. */
  onStart?(bytes: number): void;
  /** Told of bytes that have arrived. */
  onBytes?(bytes: number): void;
  /** Told where others are waited for. */
  onWait?(): void;
}

/** Puts a checkpoint live; returns false where this very revision already is. Throws where the bucket does not take what it is given. */
export function publish(
  store: ObjectStore,
  { manifest, blobs }: Checkpoint,
  {
    isDefault = false,
    onStart = () => undefined,
    onBytes = () => undefined,
    onWait = () => undefined,
  }: Publication = {},
): Promise<boolean> {
  const refs = blobsOf(manifest);
  const needed = refs.map(({ sha256 }) => sha256);
  return withClaim(store, manifest.name, needed, onWait, async () => {
    const missing = await missingBlobs(store, refs);
    onStart(missing.reduce((sum, { bytes }) => sum + bytes, 0));
    await eachOf(missing, async (ref) => {
      const content = blobs.get(ref.sha256);
      if (!content) throw new Error(`the checkpoint lacks the bytes of blob ${ref.sha256}`);
      await store.putBlob(ref, content, onBytes);
    });
    const isNew = await writeManifest(store, manifest);
    // Another may have published the name meanwhile: the catalogue tells what the manifest says by then.
    const isListed = await changeCatalogue(store, async (catalogue) =>
      withModel(catalogue, await readManifest(store, manifest.name), isDefault),
    );
    return missing.length > 0 || isNew || isListed;
  });
}

/** Those that the bucket lacks, or has with other bytes. */
export async function missingBlobs(store: ObjectStore, refs: readonly BlobRef[]): Promise<BlobRef[]> {
  const found = await eachOf(refs, async (ref) => ((await store.has(ref)) ? [] : [ref]));
  return found.flat();
}

/** False where this revision is there. Of two who write at the same time the last has its way, as of two who write one after the other. */
async function writeManifest(store: ObjectStore, manifest: Checkpoint['manifest']): Promise<boolean> {
  const key = manifestKey(manifest.name);
  for (;;) {
    const stored = await store.get(key);
    if (stored && revisionIn(manifest.name, stored.text) === manifest.revision) return false;
    const expected = stored ? { etag: stored.etag } : 'nothing';
    if (await store.put(key, JSON.stringify(manifest), expected)) return true;
  }
}

function revisionIn(name: string, text: string): string | undefined {
  try {
    return parseManifest(name, text).revision;
  } catch {
    // A damaged manifest is what publishing mends.
    return undefined;
  }
}

/** Several at once; after a failure none is begun. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const limit = pLimit(AT_ONCE);
  try {
    return await Promise.all(items.map((item) => limit(() => work(item))));
  } catch (error) {
    limit.clearQueue();
    throw error;
  }
}
