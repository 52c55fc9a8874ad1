// Which open models to close so that another fits. Pure: the store measures and closes.

/** What holds WASM memory, or is to. */
export interface Holder {
  /** WASM memory, in bytes. */
  readonly bytes: number;
  /** Whether it lies in the heap that models on onnxruntime-web share: that never shrinks, and goes with the last of them. */
  readonly isShared: boolean;
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
  const [shared, own] = [true, false].map((isShared) =>
    [...residents, wanted].reduce((sum, holder) => sum + (holder.isShared === isShared ? holder.bytes : 0), 0),
  ) as [number, number];
  const isThere = residents.some(({ isShared }) => isShared);
  return own + (isThere ? Math.max(shared, heap) : shared);
}
