// Takes out of a bucket what nobody needs: a model, and blobs that no manifest names.

import { blobsOf, manifestKey, parseManifest } from '../../shared/model/manifest.ts';
import { changeCatalogue, withoutModel } from './catalogue-writer.ts';
import { type Collector, collecting } from './claims.ts';
import { manifestsIn, neededBlobs } from './inventory.ts';
import type { ObjectStore } from './object-store.ts';

/** Uploads that were begun and not ended within a day are nobody's. */
const UPLOAD_LIFE = 24 * 3600_000;
/** To open a model takes no longer, in milliseconds. */
const OPENING = 90_000;

export interface Collected {
  readonly blobs: number;
  readonly bytes: number;
}

const BLOBS = 'blobs/';

/** Removes a model: from the catalogue, then its manifest, then the blobs that no other needs. Throws where there is none of the name. */
export function removeModel(store: ObjectStore, name: string): Promise<Collected> {
  return collecting(store, async (collector) => {
    if (collector.models.has(name)) throw new Error(`${name} is being published; remove it when that is done`);
    const stored = await store.get(manifestKey(name));
    const own = new Set(stored ? blobsIn(name, stored.text) : []);
    // Before anything is taken away: where the manifest of another cannot be read, the model stays whole.
    const needed = own.size > 0 ? await neededBlobs(store, name) : undefined;
    const isListed = await changeCatalogue(store, (catalogue) => withoutModel(catalogue, name));
    if (!stored && !isListed) throw new Error(`there is no model ${name}; npm run models -- list tells those that are`);
    await store.delete(manifestKey(name));
    return deleteBlobs(store, collector, (sha256) => own.has(sha256) && !needed?.has(sha256));
  });
}

/** None of a manifest that cannot be read: gc finds what it named. */
function blobsIn(name: string, text: string): readonly string[] {
  try {
    return blobsOf(parseManifest(name, text)).map(({ sha256 }) => sha256);
  } catch {
    return [];
  }
}

/**
 * Deletes blobs that no manifest names, and uploads that were given up. `manifestTtl`: milliseconds that a Worker believes a manifest, which
 * must have gone by; undefined where it does not matter how lately a model was published.
 */
export async function collectGarbage(
  store: ObjectStore,
  manifestTtl: number | undefined,
): Promise<Collected & { readonly uploads: number }> {
  return collecting(store, async (collector) => {
    if (manifestTtl !== undefined) await checkGrace(store, manifestTtl + OPENING);
    const needed = await neededBlobs(store);
    const collected = await deleteBlobs(store, collector, (sha256) => !needed.has(sha256));
    return { ...collected, uploads: await store.abandonUploads(new Date(store.now() - UPLOAD_LIFE)) };
  });
}

/** An isolate may open what a manifest said before it was replaced: for as long as it believes it, and then opens. */
async function checkGrace(store: ObjectStore, grace: number): Promise<void> {
  for await (const { name, uploaded } of manifestsIn(store)) {
    const age = store.now() - uploaded.getTime();
    if (age > grace) continue;
    throw new Error(
      `${name} was published ${Math.max(0, Math.round(age / 1000))} s ago, and a Worker may still read what it replaced; run gc in ${Math.ceil((grace - age) / 1000)} s, or with --now`,
    );
  }
}

/** But for those that publishers rely on. */
async function deleteBlobs(
  store: ObjectStore,
  collector: Collector,
  isMeant: (sha256: string) => boolean,
): Promise<Collected> {
  let [blobs, bytes] = [0, 0];
  for await (const stored of store.list(BLOBS)) {
    const sha256 = stored.key.slice(BLOBS.length);
    if (collector.claimed.has(sha256) || !isMeant(sha256)) continue;
    await collector.check();
    await store.delete(stored.key);
    blobs += 1;
    bytes += stored.bytes;
  }
  return { blobs, bytes };
}
