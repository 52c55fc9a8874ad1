// An event as it is stored: the claim that it was received, and everything that has happened to it since.
//
//   accepted ──► delivering ──┬► delivered
//                    ▲        ├► settled        a rule says that it goes nowhere; at once, where its answer was the response
//                    │        ├► dead           no attempt is left, the receiver is gone, or it cannot be classified
//                    └────────┴─ retrying       when it is due
//
// `dueAt` is when it may be taken up: of `delivering`, when whoever took it up must have died.

import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';

const attempt = z.strictObject({ at: z.number(), outcome: z.string() });

/** What the model said and what the rules made of it. It is stored before the first delivery, so that all of them carry the same. */
const decision = z.strictObject({
  at: z.number(),
  task: z.string(),
  model: z.string(),
  revision: z.string(),
  results: z.array(z.unknown()),
  /** Of the hook's rules, from 0; null for `else`. */
  rule: z.nullable(z.int()),
  to: z.string(),
});

const schema = z.strictObject({
  format: z.literal(1),
  hook: z.string(),
  id: z.string(),
  state: z.enum(['accepted', 'delivering', 'retrying', 'delivered', 'settled', 'dead']),
  acceptedAt: z.number(),
  dueAt: z.number(),
  /** How often it was taken up, to be classified and delivered, since it was accepted or sent again. */
  tries: z.int(),
  texts: z.array(z.string()),
  fields: z.record(z.string(), z.unknown()),
  decision: z.nullable(decision),
  /** The latest, oldest first. */
  attempts: z.array(attempt),
  /** Its entry in the index of what is due, as it was when the event was accepted or sent again. */
  marker: z.string(),
});

export type StoredEvent = z.output<typeof schema>;
export type Decision = z.output<typeof decision>;

const KEPT_ATTEMPTS = 40;

/** Throws `internal` where it is damaged. */
export function parseEvent(key: string, json: string): StoredEvent {
  try {
    return schema.parse(JSON.parse(json));
  } catch {
    throw new ServiceError('internal', `event ${key} is damaged`);
  }
}

export const isFinished = ({ state }: Pick<StoredEvent, 'state'>) =>
  state === 'delivered' || state === 'settled' || state === 'dead';

export function withAttempt(event: StoredEvent, at: number, outcome: string): StoredEvent {
  return { ...event, attempts: [...event.attempts, { at, outcome }].slice(-KEPT_ATTEMPTS) };
}

/** A finished event without what nobody needs any more: the texts. One that is dead may be sent again, and keeps them. */
export function finished(event: StoredEvent, state: 'delivered' | 'settled'): StoredEvent {
  return { ...event, state, texts: [] };
}

/** What an event is known by: its id is the sender's, and of any form. Hexadecimal. */
export async function keyOf(id: string): Promise<string> {
  return sha256(new TextEncoder().encode(id));
}

export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
