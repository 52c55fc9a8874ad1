// What a model gets wrong, for its card.

/** Prints `count` of the lines, spread over all: not the worst, and none chosen. */
export function printWrong(lines: readonly string[], count: number): void {
  const step = Math.max(1, Math.floor(lines.length / Math.max(1, count)));
  for (let i = 0; i < count && i * step < lines.length; i++) console.log(`  wrong: ${lines[i * step]}`);
}
