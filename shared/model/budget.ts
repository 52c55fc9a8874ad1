// Which open models to close so that another fits. Pure: the store measures and closes.

export interface Resident {
  /** WASM memory that it holds. */
  readonly bytes: number;
  /** Counts upwards with each use. */
  readonly lastUsed: number;
  /** Whether a request is using it; such a one stays. */
  readonly busy: boolean;
}

/**
 * The residents to close, least recently used first, until `needed` more bytes fit into `budget`;
 * undefined where they do not fit even without all that are idle.
 */
export function chooseEvictions<R extends Resident>(
  residents: readonly R[],
  needed: number,
  budget: number,
): R[] | undefined {
  let total = residents.reduce((sum, { bytes }) => sum + bytes, needed);
  const idle = residents.filter(({ busy }) => !busy).sort((a, b) => a.lastUsed - b.lastUsed);
  const evicted: R[] = [];
  while (total > budget) {
    const next = idle.shift();
    if (!next) return undefined;
    total -= next.bytes;
    evicted.push(next);
  }
  return evicted;
}
