// Writes a model's own files into a folder.

import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { type BlobRef, blobKey, type Manifest } from '../../shared/model/manifest.ts';
import { inFile, sha256Of } from '../content.ts';
import { partOf } from '../part.ts';
import { isWithin } from '../within.ts';
import type { ObjectStore } from './object-store.ts';

/** Throws where the manifest names no files, or a blob is not what it should be; what is in the folder is then whole, or was not touched. */
export async function pull(
  store: ObjectStore,
  manifest: Manifest,
  folder: string,
  onStart: (bytes: number) => void,
  onBytes: (bytes: number) => void,
): Promise<{ readonly files: number; readonly bytes: number }> {
  const files = Object.entries(manifest.files);
  if (files.length === 0) {
    throw new Error(`${manifest.name} was published without its files; add it again, then they can be pulled`);
  }
  const bytes = files.reduce((sum, [, ref]) => sum + ref.bytes, 0);
  onStart(bytes);
  for (const [path, ref] of files) {
    const target = join(folder, safe(path));
    if (await isThere(target, ref)) onBytes(ref.bytes);
    else await fetchTo(store, ref, target, onBytes);
  }
  return { files: files.length, bytes };
}

/** A manifest may be anybody's. */
function safe(path: string): string {
  if (isWithin(path)) return normalize(path);
  throw new Error(`the manifest names a file ${JSON.stringify(path)}, which does not lie in a folder`);
}

async function isThere(path: string, { sha256, bytes }: BlobRef): Promise<boolean> {
  try {
    const content = await inFile(path);
    return content.size === bytes && (await sha256Of(content)) === sha256;
  } catch {
    return false;
  }
}

async function fetchTo(
  store: ObjectStore,
  ref: BlobRef,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const { path: part, tag } = await partOf(target);
  let have = 0;
  try {
    const found = await store.read(blobKey(ref), async (chunks) => {
      onBytes(-have);
      have = 0;
      const hash = createHash('sha256');
      const file = await open(part, 'w');
      try {
        for await (const chunk of chunks) {
          hash.update(chunk);
          await file.appendFile(chunk);
          have += chunk.byteLength;
          onBytes(chunk.byteLength);
        }
      } finally {
        await file.close();
      }
      return hash.digest('hex');
    });
    if (found === null) throw new Error(`blob ${ref.sha256} is missing; add the model again`);
    if (found !== ref.sha256)
      throw new Error(
        `blob ${ref.sha256} was altered: its sha256 is ${found}; verify --repair empties it, then add the model again`,
      );
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await rm(tag, { force: true });
  }
}
