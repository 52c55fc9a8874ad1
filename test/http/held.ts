// Counts what stays in the engine from step to step, to see that all of it is given back.

import { vi } from 'vitest';
import type { Held, Session } from '../../shared/runtime/session.ts';

/** `before` is called with the number of each step, from 1, before it runs. `most` tells how many were alive at once. */
export function watchHeld(session: Session, before: (step: number) => void = () => undefined) {
  const run = session.runHeld.bind(session);
  const alive = new Set<Held>();
  let steps = 0;
  let most = 0;
  const spy = vi.spyOn(session, 'runHeld').mockImplementation(async (...args) => {
    before(++steps);
    const result = await run(...args);
    for (const held of Object.values(result.held)) {
      alive.add(held);
      most = Math.max(most, alive.size);
      const free = held.release.bind(held);
      held.release = () => {
        alive.delete(held);
        free();
      };
    }
    return result;
  });
  return { alive, steps: () => steps, most: () => most, restore: () => spy.mockRestore() };
}
