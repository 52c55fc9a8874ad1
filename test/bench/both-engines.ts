// A model on both engines in one isolate, and what its cases take of the processor while they alternate.

import { join } from 'node:path';
import type { Checkpoint } from '../../model-assets/checkpoint.ts';
import { workerdClock } from './cpu-clock.ts';
import type { Case, Job } from './engine-cases.ts';
import { forBoth } from './engine-models.ts';
import { compare } from './measure.ts';
import { start, type Workerd } from './workerd.ts';

const WORKER = 'test/bench/workers/engine.ts';

export async function withBoth(
  folder: string,
  model: string,
  use: (workerd: Workerd, checkpoints: readonly [Checkpoint, Checkpoint]) => Promise<void>,
  further: readonly Checkpoint[] = [],
): Promise<void> {
  const checkpoints = await forBoth(join(folder, model), model);
  const workerd = await start(WORKER, { checkpoints: [...checkpoints, ...further] });
  try {
    await use(workerd, checkpoints);
  } finally {
    await workerd.close();
  }
}

/** Milliseconds of CPU of each case, the median of rounds in which they alternate. */
export async function time(workerd: Workerd, cases: readonly Case[], repeats: number): Promise<number[]> {
  const kinds = cases.map((it, n) => {
    const run = async (times: number) => {
      const response = await workerd.post('/repeat', { it, repeats: times } satisfies Job);
      if (!response.ok) throw new Error(await response.text());
      await response.text();
    };
    return [String(n), run] as const;
  });
  const times = await compare(Object.fromEntries(kinds), { repeats, rounds: 5, clock: workerdClock() });
  return cases.map((_, n) => times[n] ?? 0);
}
