// Where what has arrived of a file waits for the rest: beside its place, under a name of this process's own, for another may bring the same
// file meanwhile. What a process of this machine has left that ended is taken over; containers that share the folder are machines, for none
// sees the other's processes.

import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface Part {
  readonly path: string;
  /** The file of the entity tag of what it is a part of. */
  readonly tag: string;
}

/** Of the file that is to be at `target`; neither file need be there. */
export async function partOf(target: string): Promise<Part> {
  const own = partBy(process.pid, target);
  for (const left of await leftOf(target)) {
    // Of two that want it, one has it.
    const mine = await rename(left.path, own.path).then(
      () => true,
      () => false,
    );
    // Without a tag it is begun anew.
    if (mine) await rename(left.tag, own.tag).catch(() => rm(own.tag, { force: true }));
  }
  return own;
}

/** Once the file is there: removes what others have left of it. */
export async function dropLeft(target: string): Promise<void> {
  for (const { path, tag } of await leftOf(target)) {
    await rm(path, { force: true });
    await rm(tag, { force: true });
  }
}

/** The parts of processes that have ended, the largest last. */
async function leftOf(target: string): Promise<readonly Part[]> {
  const prefix = `${basename(target)}.part.${hostname()}.`;
  const names = await readdir(dirname(target)).catch(() => []);
  const pids = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter(hasEnded);
  const sized = pids.map(async (pid) => {
    const part = partBy(pid, target);
    return { part, size: (await sizeOf(part.path)) ?? 0 };
  });
  return (await Promise.all(sized)).sort((a, b) => a.size - b.size).map(({ part }) => part);
}

/** Bytes of a file; undefined where there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}

function partBy(pid: number, target: string): Part {
  const path = join(dirname(target), `${basename(target)}.part.${hostname()}.${pid}`);
  return { path, tag: `${path}.etag` };
}

/** Not of what is no process at all. */
function hasEnded(pid: number): boolean {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
