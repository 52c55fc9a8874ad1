// One delivery of one event to its destination, and what came of it.

import { ServiceError } from '../errors.ts';
import { type Desk, secretsOf } from './desk.ts';
import { faultOfUrl } from './destination-url.ts';
import type { Decision, StoredEvent } from './event.ts';
import type { Destination, Hook } from './hook.ts';
import { parseRetryAfter } from './schedule.ts';
import { signedHeaders } from './sign.ts';

/** Cloudflare's 128 KB, less what the queue adds of its own. */
const MAX_MESSAGE_BYTES = 127_000;

export interface Outcome {
  /** `gone`: the receiver wants no more of it. */
  readonly kind: 'delivered' | 'failed' | 'gone';
  /** What to tell whoever asks. Nothing that the receiver wrote. */
  readonly told: string;
  /** Milliseconds that the receiver asked for. */
  readonly retryAfter?: number | undefined;
}

/** Never throws: what goes wrong is an outcome. */
export async function deliver(desk: Desk, hook: Hook, event: StoredEvent, decision: Decision): Promise<Outcome> {
  const { destinations } = hook;
  const destination = Object.hasOwn(destinations, decision.to) ? destinations[decision.to] : undefined;
  if (!destination) return { kind: 'failed', told: `hook ${hook.name} has no destination ${decision.to} any more` };
  const body = toBody(event, decision);
  try {
    if ('queue' in destination) return await enqueue(desk, destination.queue, body);
    return await post(desk, destination, hook.timeout_seconds, event.id, JSON.stringify(body));
  } catch (error) {
    return { kind: 'failed', told: error instanceof ServiceError ? error.message : reasonOf(error) };
  }
}

/** What is delivered: the same bytes at every attempt. */
function toBody({ hook, id, acceptedAt, fields }: StoredEvent, decision: Decision) {
  const { task, model, revision, results, rule, to } = decision;
  return {
    type: 'text.classified',
    timestamp: new Date(acceptedAt).toISOString(),
    data: { hook, event_id: id, task, model, revision, results, rule, to, fields },
  };
}

async function post(
  { env, settings }: Desk,
  { url, secrets }: Extract<Destination, { url: string }>,
  seconds: number,
  id: string,
  body: string,
): Promise<Outcome> {
  // Checked when the hook was loaded; here once more, for it is here that it matters.
  const fault = faultOfUrl(url, settings.allowsLoopback);
  if (fault) return { kind: 'failed', told: `the destination's URL ${fault}` };
  const now = Date.now();
  const bytes = new TextEncoder().encode(body);
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'edge-pipelines',
      ...(await signedHeaders(secretsOf(env, secrets), id, now, bytes)),
    },
    body: bytes,
    // What it says is elsewhere is not where the configuration says that it is.
    redirect: 'manual',
    signal: AbortSignal.timeout(seconds * 1000),
  });
  // Only the status counts: of the body, whatever its size, nothing is read.
  response.body?.cancel().catch(() => undefined);
  const { status } = response;
  if (response.ok) return { kind: 'delivered', told: `${status}` };
  if (status === 410) return { kind: 'gone', told: '410: the receiver wants no more of it' };
  return {
    kind: 'failed',
    told: `${status}`,
    retryAfter: parseRetryAfter(response.headers.get('retry-after'), Date.now()),
  };
}

async function enqueue({ env }: Desk, binding: string, body: object): Promise<Outcome> {
  const queue: unknown = Reflect.get(env, binding);
  if (!isQueue(queue)) return { kind: 'failed', told: `the Worker has no queue ${binding}` };
  const bytes = new TextEncoder().encode(JSON.stringify(body)).byteLength;
  if (bytes > MAX_MESSAGE_BYTES) {
    const told = `the result has ${bytes} bytes, and a message on a queue ${MAX_MESSAGE_BYTES}; have fewer fields, or deliver to a URL`;
    // It has as many at the next attempt.
    return { kind: 'gone', told };
  }
  await queue.send(body, { contentType: 'json' });
  return { kind: 'delivered', told: `put on ${binding}` };
}

const isQueue = (binding: unknown): binding is Queue =>
  typeof binding === 'object' && binding !== null && typeof Reflect.get(binding, 'send') === 'function';

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  return 'the connection failed';
}
