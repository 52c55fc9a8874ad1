// Paths that others name.

import { isAbsolute, normalize } from 'node:path';

/** Whether a path that is relative to a folder stays in it. */
export function isWithin(path: string): boolean {
  const normal = normalize(path);
  return !isAbsolute(normal) && !normal.startsWith('..') && !normal.includes('\0');
}
