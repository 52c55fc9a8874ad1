// The checkpoints that come with the project.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Checkpoint, type Choices, readCheckpoint } from './checkpoint.ts';

const TRAINED = join(import.meta.dirname, 'checkpoints');

/** One for each task. */
export async function shipped(choices: Choices = {}): Promise<Checkpoint[]> {
  const folders = await foldersIn(TRAINED);
  return Promise.all(folders.map((folder) => readCheckpoint(folder, basename(folder), choices)));
}

/** Undefined where none of the name ships. */
export async function shippedFolder(name: string): Promise<string | undefined> {
  return (await foldersIn(TRAINED)).find((folder) => basename(folder) === name);
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
