// Time from outside an isolate, whose own clock need not move: the difference of two calls that repeat the work a
// different number of times.

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

/** In milliseconds. */
export type Clock = () => number;
const wall: Clock = () => performance.now();

export async function timed(run: () => Promise<unknown>, clock = wall): Promise<number> {
  const started = clock();
  await run();
  return clock() - started;
}

/**
 * Milliseconds of one repetition of each kind of work, the median of `rounds`; the kinds alternate, so that what disturbs
 * the machine disturbs all of them.
 */
export async function compare<K extends string>(
  kinds: Readonly<Record<K, (repeats: number) => Promise<unknown>>>,
  { repeats, rounds = 7, clock = wall }: { repeats: number; rounds?: number; clock?: Clock },
): Promise<Record<K, number>> {
  const samples = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, [] as number[]])) as Record<K, number[]>;
  for (let round = -1; round < rounds; round++) {
    for (const kind of Object.keys(kinds) as K[]) {
      const few = await timed(() => kinds[kind](1), clock);
      const many = await timed(() => kinds[kind](1 + repeats), clock);
      // The first round warms up.
      if (round >= 0) samples[kind].push((many - few) / repeats);
    }
  }
  return Object.fromEntries(Object.keys(kinds).map((kind) => [kind, median(samples[kind as K])])) as Record<K, number>;
}
