// What may go well when it is tried again: connections that break, servers that are busy.

import { setTimeout as wait } from 'node:timers/promises';

/** `wait`: how long the server asks to wait, in milliseconds. */
export class Transient extends Error {
  override readonly name = 'Transient';
  readonly wait: number | undefined;

  constructor(message: string, options: { readonly wait?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.wait = options.wait;
  }
}

export interface Patience {
  /** How often something is tried before it is given up. */
  readonly attempts: number;
  /** Before the second attempt, in milliseconds; twice as long before each other. */
  readonly pause: number;
  /** No pause is longer; a server that asks for more is not waited for. */
  readonly longest: number;
}

export const PATIENCE: Patience = { attempts: 6, pause: 500, longest: 60_000 };

/**
 * What `work` gives in the end. Throws what it throws, `Transient` only from the last attempt on. `hasProgressed`: asked after each that
 * fails; attempts that got somewhere do not count.
 */
export async function persistently<T>(
  work: () => Promise<T>,
  { attempts, pause, longest }: Patience,
  hasProgressed: () => boolean = () => false,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      if (hasProgressed()) attempt = 1;
      if (attempt >= attempts)
        throw new Error(`${error.message}; given up after ${attempts} attempts`, { cause: error });
      const asked = error.wait ?? 0;
      if (asked > longest) {
        throw new Error(`${error.message}; it asks to wait ${Math.ceil(asked / 1000)} s, so try again then`, {
          cause: error,
        });
      }
      // Not all at once, where several wait for the same server.
      const own = Math.min(pause * 2 ** (attempt - 1), longest) * (0.75 + Math.random() / 4);
      await wait(Math.max(asked, own));
    }
  }
}

/** What `Retry-After` says, in milliseconds: seconds, or a date. */
export function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\s*\d+\s*$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined;
}
