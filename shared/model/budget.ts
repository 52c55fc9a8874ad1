// Which open models to close so that another fits. Pure: the store measures and closes.

/** What holds WASM memory, or is to. */
export interface Holder {
  /** WASM memory of its own, in bytes. */
  readonly bytes: number;
  /** Its part of the heap that models on onnxruntime-web share, in bytes: that never shrinks, and goes with the last of them. */
  readonly sharedBytes: number;
}

export interface Resident extends Holder {
  /** Counts upwards with each use. */
  readonly lastUsed: number;
  /** Whether a request is using it; such a one stays. */
  readonly busy: boolean;
}

/**
 * The residents to close, least recently used first, until `wanted` fits into `budget` beside the others; undefined where it does not
 * even without all that are idle. `heap`: bytes of the heap that some share, which may be more than what they hold in it.
 */
export function chooseEvictions<R extends Resident>(
  residents: readonly R[],
  wanted: Holder,
  budget: number,
  heap = 0,
): R[] | undefined {
  const idle = residents.filter(({ busy }) => !busy).sort((a, b) => a.lastUsed - b.lastUsed);
  const evicted: R[] = [];
  const rest = new Set(residents);
  while (totalBytes([...rest], wanted, heap) > budget) {
    const next = idle.shift();
    if (!next) return undefined;
    rest.delete(next);
    evicted.push(next);
  }
  return evicted;
}

function totalBytes(residents: readonly Resident[], wanted: Holder, heap: number): number {
  const sum = (of: (holder: Holder) => number) => [...residents, wanted].reduce((total, each) => total + of(each), 0);
  const shared = sum(({ sharedBytes }) => sharedBytes);
  const isThere = residents.some(({ sharedBytes }) => sharedBytes > 0);
  return sum(({ bytes }) => bytes) + (isThere ? Math.max(shared, heap) : shared);
}
