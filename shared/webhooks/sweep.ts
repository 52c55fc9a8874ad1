// The clock's part: queues what is due and was not woken up, and removes what is old. It rests on the markers alone, so that it costs what
// is due and not what is stored.

import { bury } from './attend.ts';
import type { Desk, Wake } from './desk.ts';
import { isFinished, type StoredEvent, withAttempt } from './event.ts';
import { type Finished, type Marker, markerOf } from './event-store.ts';
import { DEFAULT_KEEP_DAYS } from './hook.ts';
import { STANDARD_RETRIES } from './schedule.ts';

/** Markers of one sweep. The next goes on. */
const MOST = 1000;
/** Looked at together: two of such groups fit into the 50 subrequests of the free plan. */
const GROUP = 10;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How many it queued. */
export async function sweep(desk: Desk): Promise<number> {
  const due = await desk.store.due(Date.now(), MOST);
  let queued = 0;
  for (let start = 0; start < due.length; start += GROUP) {
    const looked = await Promise.all(due.slice(start, start + GROUP).map((marker) => lookAt(desk, marker)));
    const wakes = looked.flatMap(({ wake }) => wake ?? []);
    await desk.wake(wakes);
    await desk.store.unmark(looked.flatMap(({ spent }) => spent ?? []));
    queued += wakes.length;
  }
  return queued;
}

interface Looked {
  readonly wake?: Wake;
  /** A marker that has done its work. */
  readonly spent?: string;
}

async function lookAt(desk: Desk, marker: Marker): Promise<Looked> {
  try {
    return await judge(desk, marker);
  } catch (error) {
    // One that is damaged does not keep the others.
    console.error(`event ${marker.hook}/${marker.key} could not be swept`, error);
    return {};
  }
}

async function judge(desk: Desk, marker: Marker): Promise<Looked> {
  const now = Date.now();
  const spent = marker.name;
  const stored = await desk.store.read(marker);
  // The request that wrote the marker may be about to write the event; after an hour it is not.
  if (!stored) return now - marker.at > HOUR ? { spent } : {};
  const { event } = stored;
  if (isFinished(event)) return { spent };
  if (now > lastTime(event, (await desk.find(event.hook))?.retries_seconds ?? STANDARD_RETRIES)) {
    await bury(desk, marker, { ...stored, event: withAttempt(event, now, 'given up: it was never brought to an end') });
    return { spent };
  }
  const isDue = event.dueAt <= now;
  // The new marker comes before the old one goes. While the queue has the event, there is nothing to look for.
  await desk.store.mark(markerOf(marker, isDue ? now + desk.settings.grace : event.dueAt));
  return isDue ? { spent, wake: { ref: { hook: marker.hook, key: marker.key }, delaySeconds: 0 } } : { spent };
}

/**
 * When even the last attempt, put off for a day each time, is a day ago: what is still open then takes down every isolate that takes it
 * up. The marker's time tells when it was accepted, or sent again.
 */
function lastTime({ marker }: StoredEvent, retries: readonly number[]): number {
  const started = Number(marker.split('/')[1]);
  return started + retries.reduce((sum, seconds) => sum + Math.max(seconds * 1100, DAY), 0) + DAY;
}

/** Removes finished events that are older than their hook keeps them; how many. */
export async function expire(desk: Desk): Promise<number> {
  const old: Finished[] = [];
  for (const each of await desk.store.finished(MOST)) {
    const days = (await desk.find(each.hook))?.keep_days ?? DEFAULT_KEEP_DAYS;
    if (each.at < Date.now() - days * DAY) old.push(each);
  }
  await desk.store.remove(old);
  return old.length;
}
