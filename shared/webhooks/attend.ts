// What a wake-up does: takes an event up if it is due, classifies it if that is still to be done, delivers it, and notes what came of it.
//
// Whoever takes an event up writes so first, on condition that nobody else has since it was read. So two wake-ups give one delivery; and
// if the isolate dies, `dueAt` says when somebody else may take it up.

import { ServiceError } from '../errors.ts';
import { bury, fail } from './bury.ts';
import { decide } from './decide.ts';
import { deliver } from './deliver.ts';
import type { Desk } from './desk.ts';
import { type Decision, finished, isFinished, withAttempt } from './event.ts';
import { type EventRef, markerOf, type Stored } from './event-store.ts';
import type { Hook } from './hook.ts';
import { lastTime, STANDARD_RETRIES } from './schedule.ts';

/** Beyond a delivery's own time: for noting what came of it. */
const LEASE_MS = 10_000;
const HOUR = 3_600_000;

/** `marker`: the one by which the sweep found the event; it has done its work then, or is put off. */
export async function attend(desk: Desk, ref: EventRef, marker?: string): Promise<void> {
  const now = Date.now();
  const stored = await desk.store.read(ref);
  const spent = marker === undefined ? [] : [marker];
  if (!stored) {
    // The request that wrote the marker may be about to write the event; after an hour it is not.
    if (marker !== undefined && now - timeOf(marker) > HOUR) await desk.store.unmark(spent);
    return;
  }
  const { event } = stored;
  if (isFinished(event)) return desk.store.unmark(spent);
  const hook = await desk.find(ref.hook);
  if (event.dueAt > now) {
    // Found too early: the marker is put off. The new one comes before the old one goes.
    if (marker !== undefined) await desk.store.mark(markerOf(ref, event.dueAt));
    return desk.store.unmark(spent);
  }
  const retries = hook?.retries_seconds ?? STANDARD_RETRIES;
  // However late it is, an event that nobody has tried yet is tried once; and what takes down every isolate that tries it comes to an end.
  if (event.tries > retries.length || (event.tries > 0 && now > lastTime(timeOf(event.marker), retries))) {
    const given = withAttempt(event, now, 'given up: it was never brought to an end');
    return bury(desk, ref, { ...stored, event: given }, spent);
  }
  if (!hook) {
    const told = `there is no hook ${ref.hook} any more`;
    return fail(desk, ref, counted(stored), STANDARD_RETRIES, { kind: 'failed', told });
  }
  await takeUp(desk, ref, stored, hook, spent);
}

async function takeUp(desk: Desk, ref: EventRef, stored: Stored, hook: Hook, spent: string[]): Promise<void> {
  const lease = () => Date.now() + hook.timeout_seconds * 1000 + LEASE_MS;
  const { event } = counted(stored);
  const taken = await desk.store.replace(ref, stored, { ...event, state: 'delivering', dueAt: lease() });
  if (!taken) return;
  const decision = event.decision ?? (await tryToDecide(desk, ref, taken, hook));
  if (!decision) return;
  if (decision.to === 'nothing' || decision.to === 'answer') {
    const settled = finished({ ...taken.event, decision }, 'settled');
    if (await desk.store.replace(ref, taken, settled)) await desk.store.unmark([settled.marker, ...spent]);
    return;
  }
  // All deliveries carry the same: what was decided is stored before the first.
  const decided = event.decision
    ? taken
    : await desk.store.replace(ref, taken, { ...taken.event, decision, dueAt: lease() });
  if (!decided) return;
  const outcome = await deliver(desk, hook, decided.event, decision);
  if (outcome.kind !== 'delivered') return fail(desk, ref, decided, hook.retries_seconds, outcome);
  const delivered = finished(withAttempt(decided.event, Date.now(), outcome.told), 'delivered');
  if (await desk.store.replace(ref, decided, delivered)) await desk.store.unmark([delivered.marker, ...spent]);
}

/** Notes what no model can do anything about, and what may pass. */
async function tryToDecide(desk: Desk, ref: EventRef, stored: Stored, hook: Hook): Promise<Decision | undefined> {
  try {
    return await decide(desk, hook, stored.event.texts);
  } catch (error) {
    const known = error instanceof ServiceError && error.code !== 'internal';
    if (!known) console.error(`event ${ref.hook}/${ref.key} could not be classified`, error);
    const isHopeless = error instanceof ServiceError && ['invalid_input', 'too_large'].includes(error.code);
    const told = `not classified: ${known ? error.message : 'something failed inside; the log has it'}`;
    await fail(desk, ref, stored, hook.retries_seconds, { kind: isHopeless ? 'gone' : 'failed', told });
    return undefined;
  }
}

const counted = (stored: Stored): Stored => ({ ...stored, event: { ...stored.event, tries: stored.event.tries + 1 } });

const timeOf = (marker: string) => Number(marker.split('/')[1]);
