// What a wake-up does: takes an event up if it is due, classifies it if that is still to be done, delivers it, and notes what came of it.
//
// Whoever takes an event up writes so first, on condition that nobody else has since it was read. So two wake-ups give one delivery; and
// if the isolate dies, `dueAt` says when somebody else may take it up.

import { ServiceError } from '../errors.ts';
import { decide } from './decide.ts';
import { deliver, type Outcome } from './deliver.ts';
import type { Desk } from './desk.ts';
import { type Decision, finished, isFinished, type StoredEvent, withAttempt } from './event.ts';
import { deadMarkerOf, type EventRef, type Stored } from './event-store.ts';
import type { Hook } from './hook.ts';
import { nextDue, queueDelay, STANDARD_RETRIES } from './schedule.ts';

/** Beyond a delivery's own time: for noting what came of it. */
const LEASE_MS = 10_000;

export async function attend(desk: Desk, ref: EventRef): Promise<void> {
  const stored = await desk.store.read(ref);
  if (!stored || isFinished(stored.event) || stored.event.dueAt > Date.now()) return;
  const hook = await desk.find(ref.hook);
  if (!hook) {
    const told = `there is no hook ${ref.hook} any more`;
    return fail(desk, ref, counted(stored), STANDARD_RETRIES, { kind: 'failed', told });
  }
  const decision = stored.event.decision ?? (await tryToDecide(desk, ref, stored, hook));
  if (!decision) return;
  if (decision.to === 'nothing' || decision.to === 'answer') {
    const event = finished({ ...stored.event, decision }, 'settled');
    if (await desk.store.replace(ref, stored, event)) await desk.store.unmark(event.marker);
    return;
  }
  const taken = await desk.store.replace(ref, stored, {
    ...stored.event,
    decision,
    state: 'delivering',
    tries: stored.event.tries + 1,
    dueAt: Date.now() + hook.timeout_seconds * 1000 + LEASE_MS,
  });
  if (!taken) return;
  const outcome = await deliver(desk, hook, taken.event, decision);
  if (outcome.kind !== 'delivered') return fail(desk, ref, taken, hook.retries_seconds, outcome);
  const delivered = finished(withAttempt(taken.event, Date.now(), outcome.told), 'delivered');
  if (await desk.store.replace(ref, taken, delivered)) await desk.store.unmark(delivered.marker);
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
    await fail(desk, ref, counted(stored), hook.retries_seconds, { kind: isHopeless ? 'gone' : 'failed', told });
    return undefined;
  }
}

const counted = (stored: Stored): Stored => ({ ...stored, event: { ...stored.event, tries: stored.event.tries + 1 } });

/** Of an event whose try is counted. */
async function fail(
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

/** Parks an event as dead. The marker comes first: an event that is dead is always found. */
export async function bury({ store }: Desk, ref: EventRef, stored: Stored): Promise<void> {
  const event: StoredEvent = { ...stored.event, state: 'dead' };
  await store.mark(deadMarkerOf(ref));
  if (await store.replace(ref, stored, event)) await store.unmark(event.marker);
}
