// What the service itself says of events, and what is left in its R2: the receiver's word alone is half of the proof.

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { SECRETS } from './stage.ts';
import { within } from './within.ts';

const AT_ONCE = 16;
const FINISHED = ['delivered', 'dead', 'settled'];

/** State of each event by its id. Asks until all are finished, or until `deadline`, in milliseconds since the epoch. */
export async function readStates(
  origin: string,
  ids: Iterable<string>,
  deadline: number,
): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (let open = [...ids]; open.length > 0; open = open.filter((id) => !FINISHED.includes(states.get(id) ?? ''))) {
    if (states.size > 0) await wait(1000);
    const queue = [...open];
    const work = async () => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        states.set(id, (await within(10_000, readState(origin, id))) ?? 'no answer');
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (Date.now() > deadline) break;
  }
  return states;
}

async function readState(origin: string, id: string): Promise<string> {
  const headers = { authorization: `Bearer ${SECRETS.WEBHOOK_ADMIN_TOKEN}` };
  const response = await fetch(`${origin}/webhooks/load/deliveries/${id}`, { headers });
  const body: unknown = await response.json();
  const state = typeof body === 'object' && body !== null ? Reflect.get(body, 'state') : undefined;
  return typeof state === 'string' ? state : `${response.status}`;
}

/** Keys with a prefix in the R2 of a server that has ended. */
export async function keysLeft(folder: string, prefix: string): Promise<readonly string[]> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {}',
      r2Buckets: ['EVENTS'],
      resourcePersistencePath: join(folder, 'state'),
      cf: false,
    }),
  );
  try {
    const bucket = await miniflare.getR2Bucket('EVENTS');
    return (await bucket.list({ prefix })).objects.map(({ key }) => key);
  } finally {
    await miniflare.dispose();
  }
}
