// The queue's part: each message names an event to attend to. A message is a wake-up call and nothing more, so one that is lost, doubled
// or late does no harm.

import * as z from 'zod/mini';
import { attend } from './attend.ts';
import type { Desk } from './desk.ts';

/** A Worker has six connections at a time; a delivery that waited for one would lose of its own time. */
const AT_ONCE = 6;
const RETRY_SECONDS = 60;

const body = z.object({ hook: z.string(), key: z.string(), marker: z.optional(z.string()) });

export async function attendTo(desk: Desk, messages: readonly Message[]): Promise<void> {
  const waiting = [...messages];
  const work = async () => {
    for (let message = waiting.shift(); message; message = waiting.shift()) await attendToOne(desk, message);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function attendToOne(desk: Desk, message: Message): Promise<void> {
  try {
    const { hook, key, marker } = body.parse(message.body);
    await attend(desk, { hook, key }, marker);
    message.ack();
  } catch (error) {
    console.error(`wake-up ${message.id} failed`, error);
    message.retry({ delaySeconds: RETRY_SECONDS });
  }
}
