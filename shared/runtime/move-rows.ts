// Beams that change places, in whichever engine's memory they lie.

/**
 * Row i of `bytes` becomes what row `order[i]` was, in place; rows that stay are not touched. `size`: bytes from a row to the next. `copy`:
 * of one row over another, where not all of a row is worth it.
 */
export function moveRows(
  bytes: Uint8Array,
  size: number,
  order: readonly number[],
  copy = (from: number, to: number): void => bytes.set(bytes.subarray(from * size, (from + 1) * size), to * size),
): void {
  const moved = order.flatMap((from, to) => (from === to ? [] : [{ from, to }]));
  // A row that is written over and read by another is set aside first.
  const written = new Set(moved.map(({ to }) => to));
  const aside = new Map(
    moved
      .filter(({ from }) => written.has(from))
      .map(({ from }) => [from, bytes.slice(from * size, (from + 1) * size)]),
  );
  for (const { from, to } of moved) {
    const kept = aside.get(from);
    if (kept) bytes.set(kept, to * size);
    else copy(from, to);
  }
}
