// What lies in a bucket.

import {
  type BlobRef,
  blobsOf,
  MANIFESTS,
  type Manifest,
  manifestKey,
  nameOf,
  parseManifest,
} from '../../shared/model/manifest.ts';
import type { ObjectStore } from './object-store.ts';

export interface Found {
  readonly name: string;
  readonly uploaded: Date;
  /** Undefined where it cannot be read, with the reason. */
  readonly manifest: Manifest | undefined;
  readonly fault?: string;
}

/** All manifests, those that cannot be read among them. */
export async function* manifestsIn(store: ObjectStore): AsyncGenerator<Found> {
  for await (const { key, uploaded } of store.list(MANIFESTS)) {
    const stored = await store.get(key);
    const name = nameOf(key);
    if (stored) yield { name, uploaded, ...parsed(name, stored.text) };
  }
}

function parsed(name: string, text: string): Pick<Found, 'manifest' | 'fault'> {
  try {
    return { manifest: parseManifest(name, text) };
  } catch (error) {
    return { manifest: undefined, fault: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws where there is none, with those that there are. */
export async function readManifest(store: ObjectStore, name: string): Promise<Manifest> {
  const stored = await store.get(manifestKey(name));
  if (stored) return parseManifest(name, stored.text);
  const names: string[] = [];
  for await (const { key } of store.list(MANIFESTS)) names.push(nameOf(key));
  throw new Error(`there is no model ${name}; there are ${names.join(', ') || 'none'}`);
}

/** The blobs that manifests name, by their sha256, with the models that need them. */
export type Needed = ReadonlyMap<string, { readonly ref: BlobRef; readonly models: string[] }>;

/** The blobs of all models. Throws where a manifest cannot be read: nobody knows then what it needs. */
export async function neededBlobs(store: ObjectStore): Promise<Needed> {
  const all: Found[] = [];
  for await (const found of manifestsIn(store)) {
    if (!found.manifest) throw new Error(`${found.fault} (or remove ${found.name})`);
    all.push(found);
  }
  return neededBy(all);
}

/** What those of the manifests need that can be read. */
export function neededBy(all: readonly Found[]): Needed {
  const needed = new Map<string, { readonly ref: BlobRef; readonly models: string[] }>();
  for (const { name, manifest } of all) {
    for (const ref of manifest ? blobsOf(manifest) : []) {
      const entry = needed.get(ref.sha256) ?? { ref, models: [] };
      entry.models.push(name);
      needed.set(ref.sha256, entry);
    }
  }
  return needed;
}
