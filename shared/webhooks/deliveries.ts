// What became of events, for whoever has the token; and the dead ones sent again.

import { ServiceError } from '../errors.ts';
import type { RequestContext } from '../http/answer.ts';
import type { Desk, Wake } from './desk.ts';
import { isFinished, keyOf, type StoredEvent } from './event.ts';
import { deadMarkerOf, type EventRef, markerOf } from './event-store.ts';
import { isToken } from './signatures/verify.ts';
import { unlessDamaged } from './unless-damaged.ts';

/** Of one call: each is read and written. */
const MOST = 100;

/** Throws `unauthorized` unless the request has the token, which is a secret of the Worker. */
export async function authorize({ env, req }: RequestContext): Promise<void> {
  const given = /^Bearer (\S+)$/i.exec(req.header('authorization') ?? '')?.[1] ?? '';
  const isRight = await isToken(given, env.WEBHOOK_ADMIN_TOKEN ?? '');
  if (given === '' || !isRight) throw new ServiceError('unauthorized', 'the request is not signed as it must be');
}

export async function showDelivery(c: RequestContext, { store }: Desk, hook: string, id: string): Promise<Response> {
  const stored = await store.read({ hook, key: await keyOf(id) });
  if (!stored) throw new ServiceError('not_found', `hook ${hook} has no event ${id}, or not any more`);
  return c.json(toWire(stored.event));
}

/** The dead events of a hook, a hundred at most. */
export async function showDead(c: RequestContext, { store }: Desk, hook: string): Promise<Response> {
  const events: object[] = [];
  for (const ref of await store.dead(hook, MOST)) {
    const event = await unlessDamaged(ref, async () => (await store.read(ref))?.event);
    if (event?.state === 'dead') events.push(toWire(event));
  }
  return c.json(events);
}

/**
 * Sends dead events again, as if they had just been accepted: as many as one call may. `more` tells whether there may be others, `next` is
 * then the next call's `after`. Without it a call would meet those again that are dead again at once.
 */
export async function redeliver(c: RequestContext, desk: Desk, hook: string): Promise<Response> {
  const refs = await desk.store.dead(hook, MOST, c.req.query('after'));
  const wakes: Wake[] = [];
  for (const ref of refs) {
    if (await unlessDamaged(ref, () => revive(desk, ref))) wakes.push({ ref, delaySeconds: 0 });
  }
  await desk.wake(wakes);
  const next = refs[MOST - 1]?.key;
  return c.json({ redelivered: wakes.length, more: next !== undefined, next });
}

async function revive({ store, settings }: Desk, ref: EventRef): Promise<boolean> {
  const stored = await store.read(ref);
  if (stored?.event.state !== 'dead') {
    // One that is not finished may be about to be dead, and is to be found then.
    if (!stored || isFinished(stored.event)) await store.unmark([deadMarkerOf(ref)]);
    return false;
  }
  const now = Date.now();
  const marker = markerOf(ref, now + settings.grace);
  await store.mark(marker);
  const revived = { ...stored.event, state: 'accepted' as const, tries: 0, dueAt: now, marker };
  if (!(await store.replace(ref, stored, revived))) return false;
  await store.unmark([deadMarkerOf(ref)]);
  // Dead again already: then the marker that was taken away was a new one.
  if ((await store.read(ref))?.event.state === 'dead') await store.mark(deadMarkerOf(ref));
  return true;
}

/** Without the texts: what is asked here is what happened. */
function toWire({ hook, id, state, acceptedAt, dueAt, tries, decision, attempts }: StoredEvent) {
  return {
    hook,
    id,
    state,
    accepted_at: toIso(acceptedAt),
    due_at: state === 'accepted' || state === 'delivering' || state === 'retrying' ? toIso(dueAt) : null,
    tries,
    attempts: attempts.map(({ at, outcome }) => ({ at: toIso(at), outcome })),
    result: decision && { ...decision, at: toIso(decision.at) },
  };
}

const toIso = (time: number) => new Date(time).toISOString();
