// What ships: one checkpoint for each task, small enough for an isolate that has several.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memoryOf } from '../model-assets/checks/memory.ts';
import { shipped } from '../model-assets/shipped.ts';
import { DEFAULTS } from '../shared/model/defaults.ts';

const FOLDER = join(import.meta.dirname, '..', 'model-assets', 'checkpoints');
const MB = 1e6;
const MIB = 2 ** 20;
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

test('a trained one takes 18 MB at most with its tokenizer, the six that understand 75 MB together, those that write 45', async () => {
  const together = { understand: 0, write: 0 };
  for (const { manifest } of checkpoints) {
    const size = await bytesOf(join(FOLDER, manifest.name));
    expect(size, manifest.name).toBeLessThanOrEqual(18 * MB);
    together[WRITING.includes(manifest.task) ? 'write' : 'understand'] += size;
  }
  expect(together.understand).toBeLessThanOrEqual(75 * MB);
  expect(together.write).toBeLessThanOrEqual(45 * MB);
});

test('the six that understand are open at once within what models may hold, after 128 tokens each', async () => {
  const understanding = checkpoints.filter(({ manifest }) => !WRITING.includes(manifest.task));
  expect(understanding).toHaveLength(6);
  const held = await Promise.all(
    understanding.map(async (checkpoint) => {
      const { terms, work } = await memoryOf(checkpoint);
      const [short] = work;
      expect(short?.tokens, checkpoint.manifest.name).toBe(128);
      return terms.reduce((sum, { bytes }) => sum + bytes, short?.bytes ?? 0);
    }),
  );
  const together = held.reduce((sum, bytes) => sum + bytes, 0);
  expect(together / MIB).toBeLessThanOrEqual(DEFAULTS.WASM_BUDGET_MIB);
});

test('the README says how large each is', async () => {
  const readme = await readFile(join(FOLDER, '..', '..', 'README.md'), 'utf8');
  for (const { manifest } of checkpoints) {
    const said = readme.match(new RegExp(`^\\| \\[${manifest.name}\\].*?\\| +([\\d.]+) MB \\|`, 'm'))?.[1];
    const size = await bytesOf(join(FOLDER, manifest.name));
    expect(said, manifest.name).toBe((size / MB).toFixed(1));
  }
});
