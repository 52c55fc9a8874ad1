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

type Kinds<K extends string, F> = Readonly<Record<K, F>>;

/**
 * Milliseconds of one repetition of each kind of work, the median of `rounds`; the kinds alternate, so that what disturbs
 * the machine disturbs all of them.
 */
export function compare<K extends string>(
  kinds: Kinds<K, (repeats: number) => Promise<unknown>>,
  { repeats, rounds = 7, clock = wall }: { repeats: number; rounds?: number; clock?: Clock },
): Promise<Record<K, number>> {
  return alternate(kinds, rounds, async (run) => {
    const few = await timed(() => run(1), clock);
    const many = await timed(() => run(1 + repeats), clock);
    return (many - few) / repeats;
  });
}

/** The same of work as it is, what comes before and after it included: nothing is subtracted, so fewer runs tell more. */
export function compareWhole<K extends string>(
  kinds: Kinds<K, () => Promise<unknown>>,
  { rounds, clock = wall }: { rounds: number; clock?: Clock },
): Promise<Record<K, number>> {
  return alternate(kinds, rounds, (run) => timed(run, clock));
}

async function alternate<K extends string, F>(
  kinds: Kinds<K, F>,
  rounds: number,
  sample: (run: F) => Promise<number>,
): Promise<Record<K, number>> {
  const samples = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, [] as number[]])) as Record<K, number[]>;
  for (let round = -1; round < rounds; round++) {
    for (const kind of Object.keys(kinds) as K[]) {
      const time = await sample(kinds[kind]);
      // The first round warms up.
      if (round >= 0) samples[kind].push(time);
    }
  }
  return Object.fromEntries(Object.keys(kinds).map((kind) => [kind, median(samples[kind as K])])) as Record<K, number>;
}
