// Beams that change places, in whichever engine's memory they lie.

export interface Rows {
  copy(from: number, to: number): void;
  /** Keeps what a row is now, and gives what writes it over another. */
  setAside(from: number): (to: number) => void;
}

/** Row i becomes what row `order[i]` was, in place; rows that stay are not touched. */
export function moveRows(order: readonly number[], rows: Rows): void {
  const moved = order.flatMap((from, to) => (from === to ? [] : [{ from, to }]));
  // A row that is written over and read by another is set aside first.
  const written = new Set(moved.map(({ to }) => to));
  const read = new Set(moved.flatMap(({ from }) => (written.has(from) ? [from] : [])));
  const aside = new Map([...read].map((from) => [from, rows.setAside(from)]));
  for (const { from, to } of moved) {
    const put = aside.get(from);
    if (put) put(to);
    else rows.copy(from, to);
  }
}
