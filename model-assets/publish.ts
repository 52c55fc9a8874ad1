// Publishes checkpoints: blobs first, then the manifest that names them, then the catalogue that names it. A reader never
// sees half a model, and an interrupted run is mended by running it again.

import type { R2Bucket } from '@cloudflare/workers-types';
import { CATALOGUE_KEY, type Catalogue, EMPTY_CATALOGUE, parseCatalogue } from '../shared/model/catalogue.ts';
import {
  type BlobRef,
  blobKey,
  blobsOf,
  MANIFESTS,
  type Manifest,
  manifestKey,
  nameOf,
  parseManifest,
} from '../shared/model/manifest.ts';
import type { Checkpoint } from './checkpoint.ts';

/** The part of a bucket that publishing uses. */
export type Bucket = Pick<R2Bucket, 'get' | 'head' | 'list' | 'put'>;

/**
 * Puts a checkpoint live; returns false where this very revision already is. `isDefault`: for its task, whatever was. Throws where the
 * bucket does not keep what it was given.
 */
export async function publish(bucket: Bucket, { manifest, blobs }: Checkpoint, isDefault = false): Promise<boolean> {
  const written = await writeBlobs(bucket, blobsOf(manifest), blobs);
  const live = await readManifest(bucket, manifest.name);
  if (live?.revision !== manifest.revision) await bucket.put(manifestKey(manifest.name), JSON.stringify(manifest));
  const listed = await addToCatalogue(bucket, manifest, isDefault);
  return written > 0 || live?.revision !== manifest.revision || listed;
}

async function writeBlobs(bucket: Bucket, refs: readonly BlobRef[], blobs: Checkpoint['blobs']): Promise<number> {
  let written = 0;
  for (const ref of refs) {
    const stored = await bucket.head(blobKey(ref));
    if (stored?.size === ref.bytes && hex(stored.checksums.sha256) === ref.sha256) continue;
    const bytes = blobs.get(ref.sha256);
    if (!bytes) throw new Error(`the checkpoint lacks the bytes of blob ${ref.sha256}`);
    // R2 refuses the write where what arrives has another hash.
    await bucket.put(blobKey(ref), bytes, { sha256: ref.sha256 });
    written += 1;
  }
  return written;
}

/** What R2 knows of an object's content; empty where it was put there by others, without a hash. */
const hex = (hash: ArrayBuffer | undefined) => Buffer.from(hash ?? new ArrayBuffer()).toString('hex');

async function readManifest(bucket: Bucket, name: string): Promise<Manifest | undefined> {
  const object = await bucket.get(manifestKey(name));
  try {
    return object ? parseManifest(name, await object.text()) : undefined;
  } catch {
    // A damaged manifest is what publishing mends.
    return undefined;
  }
}

/** Lists the model. Others may publish meanwhile: the write is conditional. */
async function addToCatalogue(bucket: Bucket, manifest: Manifest, isDefault: boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const object = await bucket.get(CATALOGUE_KEY);
    const text = await object?.text();
    const catalogue = text === undefined ? EMPTY_CATALOGUE : (readable(text) ?? (await rebuild(bucket)));
    const next = withModel(catalogue, manifest, isDefault);
    if (text !== undefined && readable(text) && isSame(catalogue, next)) return false;
    const onlyIf = object ? { etagMatches: object.etag } : { etagDoesNotMatch: '*' };
    if (await bucket.put(CATALOGUE_KEY, JSON.stringify(next), { onlyIf })) return true;
  }
  throw new Error('the catalogue was changed by others at each of five attempts; publish again');
}

function readable(text: string): Catalogue | undefined {
  try {
    return parseCatalogue(text);
  } catch {
    return undefined;
  }
}

/** A catalogue that is damaged, or of an older format, is made anew from the manifests; defaults are the first of each task. */
async function rebuild(bucket: Bucket): Promise<Catalogue> {
  let catalogue = EMPTY_CATALOGUE;
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: MANIFESTS, ...(cursor && { cursor }) });
    for (const { key } of page.objects) {
      const manifest = await readManifest(bucket, nameOf(key));
      if (manifest) catalogue = withModel(catalogue, manifest);
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return catalogue;
}

function withModel(catalogue: Catalogue, { name, task, tags }: Manifest, isDefault = false): Catalogue {
  const others = catalogue.models.filter((model) => model.name !== name);
  return {
    ...catalogue,
    models: [...others, { name, task, tags }],
    defaults: { ...catalogue.defaults, [task]: isDefault ? name : toDefault(catalogue, task, name) },
  };
}

/** The default of a task stays, but for one whose weights were never trained: that is there until another comes. */
function toDefault({ models, defaults }: Catalogue, task: string, name: string): string {
  const present = models.find((model) => model.name === defaults[task]);
  return present && !present.tags.includes('seeded') ? present.name : name;
}

function isSame(a: Catalogue, b: Catalogue): boolean {
  const flat = ({ models, defaults }: Catalogue) =>
    JSON.stringify([
      models.map(({ name, task, tags }) => `${name} ${task} ${tags}`).sort(),
      Object.entries(defaults).sort(),
    ]);
  return flat(a) === flat(b);
}
