// Takes out of a bucket what nobody needs: a model, and blobs that no manifest names.

import { manifestKey } from '../../shared/model/manifest.ts';
import { changeCatalogue, withoutModel } from './catalogue-writer.ts';
import { type Collector, collecting } from './claims.ts';
import { manifestsIn, type Needed, neededBlobs } from './inventory.ts';
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
/** Its date is that of the last removal, which gc has not seen yet. */
const REMOVED = 'removed.json';

/**
 * Removes a model: from the catalogue, then its manifest. Its blobs are left to gc, for isolates believe both for a while. Throws where there
 * is none of the name.
 */
export function removeModel(store: ObjectStore, name: string): Promise<void> {
  return collecting(store, async ({ models }) => {
    if (models.has(name)) throw new Error(`${name} is being published; remove it when that is done`);
    const stored = await store.get(manifestKey(name));
    const isListed = await changeCatalogue(store, (catalogue) => withoutModel(catalogue, name));
    if (!stored && !isListed) throw new Error(`there is no model ${name}; npm run models -- list tells those that are`);
    // Before the manifest goes: gc is to know of it also where this is interrupted.
    await store.put(REMOVED, JSON.stringify({ name }), undefined);
    await store.delete(manifestKey(name));
  });
}

/**
 * Deletes blobs that no manifest names, and uploads that were given up. `manifestTtl`: milliseconds that a Worker believes a manifest, which
 * must have gone by; undefined where it does not matter how lately a model was published, or removed.
 */
export async function collectGarbage(
  store: ObjectStore,
  manifestTtl: number | undefined,
): Promise<Collected & { readonly uploads: number }> {
  return collecting(store, async (collector) => {
    if (manifestTtl !== undefined) await checkGrace(store, manifestTtl + OPENING);
    const collected = await deleteBlobs(store, collector, await neededBlobs(store));
    await store.delete(REMOVED);
    return { ...collected, uploads: await store.abandonUploads(new Date(store.now() - UPLOAD_LIFE)) };
  });
}

/** An isolate may open what a manifest said before it was replaced, or went: for as long as it believes it, and then opens. */
async function checkGrace(store: ObjectStore, grace: number): Promise<void> {
  const check = (uploaded: Date, what: string, read: string) => {
    const age = store.now() - uploaded.getTime();
    if (age > grace) return;
    throw new Error(
      `${what} ${Math.max(0, Math.round(age / 1000))} s ago, and a Worker may still read ${read}; run gc in ${Math.ceil((grace - age) / 1000)} s, or with --now`,
    );
  };
  for await (const { uploaded } of store.list(REMOVED)) check(uploaded, 'a model was removed', 'it');
  for await (const { name, uploaded } of manifestsIn(store)) {
    check(uploaded, `${name} was published`, 'what it replaced');
  }
}

/** Those that no manifest needs, but for those that publishers rely on. */
async function deleteBlobs(store: ObjectStore, collector: Collector, needed: Needed): Promise<Collected> {
  let [blobs, bytes] = [0, 0];
  for await (const stored of store.list(BLOBS)) {
    const sha256 = stored.key.slice(BLOBS.length);
    if (collector.claimed.has(sha256) || needed.has(sha256)) continue;
    await collector.check();
    await store.delete(stored.key);
    blobs += 1;
    bytes += stored.bytes;
  }
  return { blobs, bytes };
}
