// Counts what stays in the engine from step to step, to see that all of it is given back.

import { vi } from 'vitest';
import type { Held, Session } from '../../shared/runtime/session.ts';

/**
 * `sessions`: those whose runs are the steps of a text. `before` is called with the number of each step, from 1, before it runs. `most` tells
 * how many were alive at once.
 */
export function watchHeld(sessions: Session | ReadonlySet<Session>, before: (step: number) => void = () => undefined) {
  const alive = new Set<Held>();
  let steps = 0;
  let most = 0;
  const spies = (sessions instanceof Set ? [...sessions] : [sessions]).map((session: Session) => {
    const run = session.runHeld.bind(session);
    return vi.spyOn(session, 'runHeld').mockImplementation(async (...args) => {
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
  });
  const restore = () => {
    for (const spy of spies) spy.mockRestore();
  };
  return { alive, steps: () => steps, most: () => most, restore };
}
