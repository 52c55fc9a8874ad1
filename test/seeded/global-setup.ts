// Reads, on Node, the seeded checkpoints for the tests in workerd.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readCheckpoint } from '../../model-assets/checkpoint.ts';
import { keepBlobs } from './blobs.ts';
import type {} from './provided.ts';

const FOLDERS = ['seeded', 'seeded-writing'].map((name) => join(import.meta.dirname, '..', '..', 'model-assets', name));

export default async function setup(project: TestProject): Promise<void> {
  const folders = await Promise.all(
    FOLDERS.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  const seeded = folders.flat().filter((folder) => basename(folder).startsWith('seeded-'));
  const checkpoints = await Promise.all(seeded.map((folder) => readCheckpoint(folder, basename(folder))));
  for (const { blobs } of checkpoints) await keepBlobs(blobs);
  project.provide(
    'seeded',
    checkpoints.map(({ manifest }) => manifest),
  );
}
