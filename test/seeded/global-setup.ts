// Reads, on Node, the seeded checkpoints for the tests in workerd.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readCheckpoint } from '../../model-assets/checkpoint.ts';
import type {} from './provided.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'model-assets', 'seeded');

export default async function setup(project: TestProject): Promise<void> {
  const names = (await readdir(FOLDER)).filter((name) => name.startsWith('seeded-'));
  const checkpoints = await Promise.all(names.map((name) => readCheckpoint(join(FOLDER, name), name)));
  const encoded = (blobs: ReadonlyMap<string, Uint8Array>) =>
    Object.fromEntries(Array.from(blobs, ([sha256, bytes]) => [sha256, Buffer.from(bytes).toString('base64')]));
  project.provide(
    'seeded',
    checkpoints.map(({ manifest, blobs }) => ({ manifest, blobs: encoded(blobs) })),
  );
}
