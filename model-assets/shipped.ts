// The checkpoints that come with the project.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';

const TRAINED = join(import.meta.dirname, 'checkpoints');
const SEEDED = join(import.meta.dirname, 'seeded');
const WRITING = join(import.meta.dirname, 'seeded-writing');
/** One for each of the writing tasks. */
const WRITERS = ['seeded-gpt2-text-generation', 'seeded-bart-summarization', 'seeded-t5-translation'];

/** The trained checkpoints, and seeded ones in the place of those that are still to come. */
export async function shipped(): Promise<Checkpoint[]> {
  const trained = await readAll(await foldersIn(TRAINED));
  const served = trained.map(({ manifest }) => manifest.task);
  const readers = (await foldersIn(SEEDED)).filter((folder) => basename(folder).startsWith('seeded-bert-'));
  const seeded = await readAll([...readers, ...WRITERS.map((name) => join(WRITING, name))]);
  return [...trained, ...seeded.filter(({ manifest }) => !served.includes(manifest.task))];
}

function readAll(folders: readonly string[]): Promise<Checkpoint[]> {
  return Promise.all(folders.map((folder) => readCheckpoint(folder, basename(folder))));
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
