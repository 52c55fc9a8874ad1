// Hashes everything that is published, and makes way for what mends it.

import { createHash } from 'node:crypto';
import { CATALOGUE_KEY, parseCatalogue } from '../../shared/model/catalogue.ts';
import { type BlobRef, blobKey } from '../../shared/model/manifest.ts';
import { type Found, manifestsIn, neededBy } from './inventory.ts';
import type { ObjectStore } from './object-store.ts';
import { eachOf } from './publish.ts';

export interface Verified {
  readonly models: number;
  readonly blobs: number;
  readonly bytes: number;
  /** What is wrong, each with the model that it is wrong with. */
  readonly faults: readonly string[];
}

/** `onStart`: told of the bytes that are to be read; `onBytes`: of those that were. `isRepair`: blobs that were altered are emptied. */
export async function verify(
  store: ObjectStore,
  onStart: (bytes: number) => void,
  onBytes: (bytes: number) => void,
  isRepair = false,
): Promise<Verified> {
  const manifests: Found[] = [];
  for await (const found of manifestsIn(store)) manifests.push(found);
  const faults = manifests.flatMap(({ name, manifest, fault }) => (manifest ? [] : [`${name}: ${fault}`]));
  const names = manifests.map(({ name }) => name);
  faults.push(...(await catalogueFaults(store, names)));
  const all = [...neededBy(manifests).values()];
  onStart(all.reduce((sum, { ref }) => sum + ref.bytes, 0));
  const found = await eachOf(all, async ({ ref, models }) => {
    const fault = await blobFault(store, ref, onBytes, isRepair);
    return fault === undefined ? [] : [`${models.join(', ')}: blob ${ref.sha256} ${fault}`];
  });
  faults.push(...found.flat());
  const bytes = all.reduce((sum, { ref }) => sum + ref.bytes, 0);
  return { models: names.length, blobs: all.length, bytes, faults };
}

/** What is wrong with a blob, and what mends it; undefined where nothing is. */
async function blobFault(
  store: ObjectStore,
  ref: BlobRef,
  onBytes: (bytes: number) => void,
  isRepair: boolean,
): Promise<string | undefined> {
  let bytes = 0;
  let version = '';
  const found = await store.read(blobKey(ref), async (chunks, etag) => {
    onBytes(-bytes);
    bytes = 0;
    version = etag;
    const hash = createHash('sha256');
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      onBytes(chunk.byteLength);
    }
    return hash.digest('hex');
  });
  if (found === null) return 'is missing; add the model again';
  if (bytes !== ref.bytes) return `has ${bytes} bytes where its manifest says ${ref.bytes}; add the model again`;
  if (found === ref.sha256) return undefined;
  const altered = `was altered: its sha256 is ${found}`;
  if (!isRepair) return `${altered}; verify --repair empties it, then add the model again`;
  // Of the right length it counts as there. Emptied, and not deleted: that goes on condition that nobody has mended it meanwhile.
  const isEmptied = await store.put(blobKey(ref), '', { etag: version });
  return `${altered}; ${isEmptied ? 'it is empty now, add the model again' : 'it was changed meanwhile, verify again'}`;
}

async function catalogueFaults(store: ObjectStore, manifests: readonly string[]): Promise<string[]> {
  const stored = await store.get(CATALOGUE_KEY);
  if (!stored) return manifests.length > 0 ? ['there are models and no catalogue; add one of them again'] : [];
  try {
    const { models, defaults } = parseCatalogue(stored.text);
    const names = models.map(({ name }) => name);
    return [
      ...manifests
        .filter((name) => !names.includes(name))
        .map((name) => `${name} is published and not in the catalogue; add it again`),
      ...names
        .filter((name) => !manifests.includes(name))
        .map((name) => `${name} is in the catalogue and has no manifest; remove it, or add it again`),
      ...Object.entries(defaults)
        .filter(([, name]) => !names.includes(name))
        .map(([task, name]) => `${name}, the default of ${task}, is not in the catalogue`),
    ];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
