// When a delivery is tried again. The default is the example of Standard Webhooks 1.0, "Deliverability and reliability": ten attempts
// over three days.

const HOUR = 3600;
export const STANDARD_RETRIES: readonly number[] = [
  5,
  300,
  1800,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** So that receivers who failed together are not asked together. */
const JITTER = 0.1;
/** A receiver may put an event off, but not out of sight. */
const MAX_RETRY_AFTER = 24 * HOUR * 1000;
/** What a queue takes, in seconds. */
const MAX_QUEUE_DELAY = 12 * HOUR;

/**
 * When the attempt after the `tries`-th is due, in milliseconds since the epoch; undefined where there is none.
 * `retries`: seconds from each attempt to the next. `retryAfter`: milliseconds that the receiver asked for.
 */
export function nextDue(
  retries: readonly number[],
  tries: number,
  now: number,
  retryAfter = 0,
  random = Math.random,
): number | undefined {
  const seconds = retries[tries - 1];
  if (seconds === undefined) return undefined;
  const delay = seconds * 1000 * (1 + JITTER * random());
  return Math.ceil(now + Math.max(delay, Math.min(retryAfter, MAX_RETRY_AFTER)));
}

/** Milliseconds of a `Retry-After` header (RFC 9110, 10.2.3): seconds, or a date. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^[0-9]{1,9}$/.test(header)) return Number(header) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Whole seconds for which a queue holds a wake-up back; undefined where it is longer than a queue can, and the sweep does it. */
export function queueDelay(dueAt: number, now: number): number | undefined {
  const seconds = Math.max(0, Math.ceil((dueAt - now) / 1000));
  return seconds <= MAX_QUEUE_DELAY ? seconds : undefined;
}

/**
 * When even the last attempt, each put off for as long as receivers may, is a day ago: what is still open then takes down every isolate
 * that takes it up. `started`: when the event was accepted, or sent again.
 */
export function lastTime(started: number, retries: readonly number[]): number {
  const longest = retries.reduce((sum, seconds) => sum + Math.max(seconds * 1000 * (1 + JITTER), MAX_RETRY_AFTER), 0);
  return started + longest + MAX_RETRY_AFTER;
}
