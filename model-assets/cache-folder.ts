// Where the tool keeps what it has downloaded, and what it is working on.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What was left behind by a run that was killed so long ago is in nobody's use, in milliseconds. */
const LEFT = 24 * 3600_000;

/** EDGE_PIPELINES_CACHE, else a folder of the user's cache. It can be deleted at any time. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { EDGE_PIPELINES_CACHE: own, XDG_CACHE_HOME: user } = env;
  return own || join(user || join(homedir(), '.cache'), 'edge-pipelines');
}

/** Runs `work` with an empty folder of its own, which goes with it. */
export async function withScratch<T>(cache: string, work: (folder: string) => Promise<T>): Promise<T> {
  const parent = join(cache, 'work');
  const folder = join(parent, `${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(parent)) {
    const found = await stat(join(parent, name)).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > LEFT) await rm(join(parent, name), { recursive: true, force: true });
  }
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
