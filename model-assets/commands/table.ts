// Rows of text under one another.

export function toTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  // A row of two is a message, which no column is made as wide as.
  for (const row of rows.filter(({ length }) => length > 2)) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
