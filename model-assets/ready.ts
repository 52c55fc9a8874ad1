// Waits for the local service.

import { setTimeout as wait } from 'node:timers/promises';

/** Until something answers at `origin`. */
export async function untilRunning(origin: string): Promise<void> {
  while (!(await answerOf(`${origin}/health`))?.ok) await wait(100);
}

/** Until it could answer any task. What keeps it from that may be mended meanwhile, and is said, each reason once. */
export async function untilReady(
  origin: string,
  log: (line: string) => void = console.error,
  pause = 1000,
): Promise<void> {
  for (const said = new Set<string>(); ; await wait(pause)) {
    const response = await answerOf(`${origin}/ready`);
    if (response?.ok) return;
    const reason = response && (await reasonOf(response));
    if (reason === undefined || said.has(reason)) continue;
    said.add(reason);
    log(`not ready: ${reason}; npm run models -- verify says what is damaged, and what is whole answers on ${origin}`);
  }
}

/** Undefined while nobody answers. */
const answerOf = (url: string): Promise<Response | undefined> => fetch(url).catch(() => undefined);

/** What /ready says of it, where it does. */
async function reasonOf(response: Response): Promise<string> {
  const { reason } = ((await response.json().catch(() => null)) ?? {}) as { reason?: unknown };
  return typeof reason === 'string' ? reason : `/ready answers ${response.status}`;
}
