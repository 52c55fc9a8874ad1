// What ships: one checkpoint for each task, small enough for an isolate that has several.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shipped } from '../model-assets/shipped.ts';

const FOLDER = join(import.meta.dirname, '..', 'model-assets', 'checkpoints');
const MB = 1e6;
const checkpoints = await shipped();
const WRITING = ['text-generation', 'summarization', 'translation'];

async function bytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => stat(file)))).reduce((sum, { size }) => sum + size, 0);
}

test('each task has one checkpoint, on the engine of this project', async () => {
  const manifests = checkpoints.map(({ manifest }) => manifest);
  expect(new Set(manifests.map(({ task }) => task)).size).toBe(9);
  expect(manifests).toHaveLength(9);
  expect(manifests.filter(({ engine }) => engine.name !== 'edge')).toEqual([]);
});

test('a trained one takes 18 MB at most with its tokenizer, and those that write 45 MB together', async () => {
  const trained = await readdir(FOLDER);
  const sizes = new Map<string, number>();
  for (const name of trained) sizes.set(name, await bytesOf(join(FOLDER, name)));
  for (const [name, size] of sizes) expect(size, name).toBeLessThanOrEqual(18 * MB);
  const writers = checkpoints.filter(({ manifest }) => WRITING.includes(manifest.task));
  const together = writers.reduce((sum, { manifest }) => sum + (sizes.get(manifest.name) ?? 0), 0);
  expect(together).toBeLessThanOrEqual(45 * MB);
});
