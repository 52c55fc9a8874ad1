// The clock's part: queues again what was due and may not have been woken up, and removes what is old. It lists the markers whose time has
// come and looks at no event: whoever is woken up does. So it costs what is due and not what is stored.

import type { Env } from '../http/settings.ts';
import type { Desk } from './desk.ts';
import { finished, isFinished } from './event.ts';
import { type EventRef, type Listed, type Marker, markerOf } from './event-store.ts';
import { DEFAULT_KEEP_DAYS } from './hook.ts';
import { unlessDamaged } from './unless-damaged.ts';

/** What a list of R2 gives at most. */
const PAGE = 1000;
const MOST_PAGES = 10;
/** What a queue takes at once. */
const BATCH = 100;
const MAX_PATIENCE = 15 * 60_000;
const DAY = 86_400_000;

/** Until when what this isolate has queued is left to the queue, by the names of the markers. */
const queuedUntil = new WeakMap<Env, Map<string, number>>();

/** How many it queued. */
export async function sweep(desk: Desk): Promise<number> {
  const now = Date.now();
  const known = queuedUntil.get(desk.env) ?? new Map<string, number>();
  queuedUntil.set(desk.env, known);
  for (const [name, until] of known) if (until <= now) known.delete(name);
  const due = await dueMarkers(desk, now, known);
  for (let start = 0; start < due.length; start += BATCH) {
    const batch = due.slice(start, start + BATCH);
    await desk.wake(batch.map(({ hook, key, name }) => ({ ref: { hook, key }, marker: name, delaySeconds: 0 })));
    for (const marker of batch) known.set(marker.name, now + patience(desk, now - marker.at));
  }
  return due.length;
}

/** A page of those that the queue is not believed to have: the oldest. */
async function dueMarkers({ store }: Desk, now: number, known: ReadonlyMap<string, number>): Promise<Marker[]> {
  const due: Marker[] = [];
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES && due.length < PAGE; page++) {
    const { markers, isLast } = await store.due(now, PAGE, after);
    due.push(...markers.filter(({ name }) => !known.has(name)));
    if (isLast) break;
    after = markers.at(-1)?.name;
  }
  return due.slice(0, PAGE);
}

/** As long again as it is late already: while there is more to do than is done, queuing the same anew would make it worse. */
const patience = ({ settings }: Desk, late: number) => Math.max(settings.grace, Math.min(late, MAX_PATIENCE));

/**
 * Removes finished events that are older than their hook keeps them; how many. One that is as old and not finished has lost its marker,
 * as where a sender and the isolate both died half-way: it gets another.
 */
export async function expire(desk: Desk): Promise<number> {
  const now = Date.now();
  const old: Listed[] = [];
  for (const each of await desk.store.next(PAGE)) {
    const days = (await desk.find(each.hook))?.keep_days ?? DEFAULT_KEEP_DAYS;
    if (each.at >= now - days * DAY) continue;
    if (!each.isFinished) await desk.store.mark(markerOf(each, now));
    else if (await unlessDamaged(each, () => mayGo(desk, each))) old.push(each);
  }
  await desk.store.remove(old);
  return old.length;
}

/** An event that is dead may be sent again at any moment: it goes only once it is written, over what was read, that it goes nowhere. */
async function mayGo({ store }: Desk, ref: EventRef): Promise<boolean> {
  const stored = await store.read(ref);
  if (stored?.event.state !== 'dead') return stored !== null && isFinished(stored.event);
  return (await store.replace(ref, stored, finished(stored.event, 'settled'))) !== null;
}
