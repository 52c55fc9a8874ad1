// Reads, on Node, what tests in workerd need from files.

import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readCheckpoint } from '../model-assets/checkpoint.ts';
import { bytesOf } from '../model-assets/content.ts';
import type {} from './provided.ts';

export default async function setup(project: TestProject): Promise<void> {
  const { manifest, blobs } = await readCheckpoint(join(import.meta.dirname, 'fixtures', 'tiny-bert'), 'tiny-bert');
  const encoded: [string, string][] = [];
  for (const [sha256, content] of blobs) encoded.push([sha256, Buffer.from(await bytesOf(content)).toString('base64')]);
  project.provide('tinyBert', { manifest, blobs: Object.fromEntries(encoded) });
}
