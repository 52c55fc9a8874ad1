// A sender that repeats every event that got no 2xx, as those of the world do, and some that did.

import { setTimeout as wait } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { within } from './within.ts';

export interface Sending {
  /** Events of which at least one request was made. */
  sent: number;
  /** Requests, repeats among them. */
  requests: number;
  /** Ids that were answered with a 2xx. */
  readonly accepted: Set<string>;
}

export interface SenderOptions {
  readonly origin: string;
  readonly secret: string;
  readonly count: number;
  /** Events a second; 0 for as many as `atOnce` allows. */
  readonly rate: number;
  readonly atOnce: number;
  /** Each so many events, one that was accepted is sent once more; 0 for none. */
  readonly doubledEach: number;
}

/** What senders wait for an answer. */
const TIMEOUT_MS = 10_000;

const WORDS = ['lovely', 'broken', 'fine', 'slow', 'brilliant', 'dull', 'late', 'perfect', 'useless', 'warm'];

export const textOf = (n: number) =>
  `Order ${n} was ${WORDS[n % 10]} and the second part of it ${WORDS[Math.floor(n / 10) % 10]}.`;

/** Sends all; resolves when all are accepted. `sending` tells how it stands meanwhile. */
export async function sendAll(options: SenderOptions, sending: Sending): Promise<void> {
  const started = Date.now();
  let next = 0;
  const work = async () => {
    for (let n = next++; n < options.count; n = next++) {
      if (options.rate > 0) await wait(Math.max(0, started + (n * 1000) / options.rate - Date.now()));
      await sendUntilAccepted(options, n, sending);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
}

async function sendUntilAccepted(options: SenderOptions, n: number, sending: Sending): Promise<void> {
  sending.sent += 1;
  const id = `msg_${String(n).padStart(6, '0')}`;
  for (let attempt = 0; ; attempt++) {
    if (await post(options, id, n, sending)) break;
    await wait(Math.min(2000, 250 * 2 ** attempt) * (0.5 + Math.random()));
  }
  sending.accepted.add(id);
  if (options.doubledEach > 0 && n % options.doubledEach === 0) await post(options, id, n, sending);
}

async function post({ origin, secret }: SenderOptions, id: string, n: number, sending: Sending): Promise<boolean> {
  sending.requests += 1;
  const now = new Date();
  const body = JSON.stringify({ type: 'review.created', data: { review: textOf(n), order: n } });
  const answered = fetch(`${origin}/webhooks/load`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': `${Math.floor(now.getTime() / 1000)}`,
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).then(async (response) => {
    await response.arrayBuffer();
    return response.ok;
  });
  return (await within(TIMEOUT_MS + 1000, answered)) === true;
}
