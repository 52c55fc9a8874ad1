// What is done when a delivery fails: the event is put off, or parked among the dead.

import type { Outcome } from './deliver.ts';
import type { Desk } from './desk.ts';
import { withAttempt } from './event.ts';
import { deadMarkerOf, type EventRef, type Stored } from './event-store.ts';
import { nextDue, queueDelay } from './schedule.ts';

/** Of an event whose try is counted. */
export async function fail(
  desk: Desk,
  ref: EventRef,
  stored: Stored,
  retries: readonly number[],
  { kind, told, retryAfter }: Outcome,
): Promise<void> {
  const now = Date.now();
  const noted = withAttempt(stored.event, now, told);
  const dueAt = kind === 'gone' ? undefined : nextDue(retries, noted.tries, now, retryAfter);
  if (dueAt === undefined) return bury(desk, ref, { ...stored, event: noted });
  if (!(await desk.store.replace(ref, stored, { ...noted, state: 'retrying', dueAt }))) return;
  const delaySeconds = queueDelay(dueAt, now);
  if (delaySeconds !== undefined) await desk.wake([{ ref, delaySeconds }]);
}

/**
 * Parks an event as dead. Its marker among the dead comes first, for whoever dies after it, and once more at last, for whoever was sending
 * the event again meanwhile and took the marker away: an event that is dead is always found.
 */
export async function bury({ store }: Desk, ref: EventRef, stored: Stored, spent: string[] = []): Promise<void> {
  await store.mark(deadMarkerOf(ref));
  if (!(await store.replace(ref, stored, { ...stored.event, state: 'dead' }))) return;
  await store.mark(deadMarkerOf(ref));
  await store.unmark([stored.event.marker, ...spent]);
}
