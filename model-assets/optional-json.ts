// JSON files that a checkpoint may have.

import { readFile } from 'node:fs/promises';

/** What the file holds; an empty object where there is none. */
export async function readOptionalJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}
