// A bound of time that holds whatever becomes of the promise: a fetch whose server is killed may neither end nor heed its signal.

import { setTimeout as wait } from 'node:timers/promises';

/** What the promise gives, or undefined where it fails or takes longer. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const ended = new AbortController();
  const late = wait(milliseconds, undefined, { signal: ended.signal }).catch(() => undefined);
  return Promise.race([promise.catch(() => undefined), late]).finally(() => ended.abort());
}
