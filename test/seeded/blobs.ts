// Blobs of the seeded checkpoints on their way from Node to the tests in workerd: too many for what vitest hands over itself. They lie in a
// folder, and a service of miniflare's gives them out by their sha256.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf, type Content } from '../../model-assets/content.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'edge-pipelines', 'blobs');

export async function keepBlobs(blobs: ReadonlyMap<string, Content>): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const [sha256, content] of blobs) await writeFile(join(FOLDER, sha256), await bytesOf(content));
}

/** The body of the blob that the path of a request names. */
export function readKept(path: string): Promise<Uint8Array> {
  if (!/^[0-9a-f]{64}$/.test(path)) throw new Error(`${path} is no sha256`);
  return readFile(join(FOLDER, path));
}
