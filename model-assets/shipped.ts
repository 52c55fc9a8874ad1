// The checkpoints that come with the project.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';

const TRAINED = join(import.meta.dirname, 'checkpoints');

/** One for each task. */
export async function shipped(): Promise<Checkpoint[]> {
  return readAll(await foldersIn(TRAINED));
}

function readAll(folders: readonly string[]): Promise<Checkpoint[]> {
  return Promise.all(folders.map((folder) => readCheckpoint(folder, basename(folder))));
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
