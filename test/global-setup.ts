// Reads, on Node, what tests in workerd need from files.

import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readCheckpoint } from '../model-assets/checkpoint.ts';
import type {} from './provided.ts';

export default async function setup(project: TestProject): Promise<void> {
  const { manifest, blobs } = await readCheckpoint(join(import.meta.dirname, 'fixtures', 'tiny-bert'), 'tiny-bert');
  const encoded = Array.from(blobs, ([sha256, bytes]) => [sha256, Buffer.from(bytes).toString('base64')]);
  project.provide('tinyBert', { manifest, blobs: Object.fromEntries(encoded) });
}
