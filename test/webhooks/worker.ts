// The Worker with a bucket of events of its own, a queue that only remembers, and secrets that everybody may know.

import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  env,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { Webhook } from 'standardwebhooks';
import worker from '../../functions/index.ts';
import type { Env } from '../../shared/http/settings.ts';
import { HOOKS_KEY, toHookFile } from '../../shared/webhooks/hook-file.ts';
import { isolate, send } from '../http/worker.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const OLD_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
export const RECEIVER_SECRET = 'whsec_cmVjZWl2ZXIncyBvd24gc2VjcmV0IQ==';
export const TOKEN = 'an-administrators-token';

export interface Sent {
  readonly body: { readonly hook: string; readonly key: string };
  readonly delaySeconds?: number;
}

export interface TestEnv extends Env {
  readonly EVENTS: R2Bucket;
  /** What was put on the queue and not yet taken from it. */
  readonly sent: Sent[];
}

export function webhookIsolate(overrides: Record<string, unknown> = {}): TestEnv {
  const sent: Sent[] = [];
  const queue = {
    sendBatch: async (messages: Iterable<Sent>) => void sent.push(...messages),
    send: async (body: unknown) => void sent.push({ body } as Sent),
  };
  const secrets = {
    HOOK_SECRET: SECRET,
    OLD_SECRET,
    GITHUB_SECRET: "It's a Secret to Everybody",
    STRIPE_SECRET: 'whsec_test_secret',
    SLACK_SECRET: '8f742231b10e8888abcd99yyyzzz85a5',
    FORM_TOKEN: 'a-token-of-a-form',
    RECEIVER_SECRET,
    WEBHOOK_ADMIN_TOKEN: TOKEN,
    // Whatever .dev.vars of this machine says.
    WEBHOOK_LOOPBACK: 'false',
  };
  const base = isolate() as TestEnv;
  return { ...base, ...secrets, WEBHOOKS: queue as unknown as Queue, sent, ...overrides };
}

/** A hook that classifies `/text` on the tiny BERT and delivers whatever comes of it. */
export const hookOf = (changes: object = {}) => ({
  name: 'reviews',
  signature: { scheme: 'standard-webhooks', secrets: ['HOOK_SECRET'] },
  text: '/text',
  task: 'text-classification',
  else: 'inbox',
  destinations: { inbox: { url: 'https://receiver.example/hooks', secrets: ['RECEIVER_SECRET'] } },
  ...changes,
});

export async function publishHooks(on: Env, ...hooks: object[]): Promise<void> {
  await on.MODELS.put(HOOKS_KEY, toHookFile(hooks));
}

export async function emptyEvents(): Promise<void> {
  const { EVENTS } = env as unknown as TestEnv;
  for (;;) {
    const { objects } = await EVENTS.list();
    if (objects.length === 0) return;
    await EVENTS.delete(objects.map(({ key }) => key));
  }
}

export const now = () => Math.floor(Date.now() / 1000);

/** Headers of a genuine event, as the reference library signs it. */
export function signed(id: string, body: string, { secret = SECRET, at = now() } = {}): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': `${at}`,
    'webhook-signature': new Webhook(secret).sign(id, new Date(at * 1000), body),
  };
}

/** HMAC-SHA256 in hexadecimal, as GitHub, Stripe and Slack sign. */
export async function hexHmac(secret: string, content: string): Promise<string> {
  const raw = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(content)));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const postEvent = (on: Env, path: string, body: BodyInit, headers: HeadersInit) =>
  send(path, { method: 'POST', headers, body }, on);

/** A genuine event for the hook of `hookOf`. */
export function postReview(on: Env, id: string, payload: object = { text: 'I love it' }): Promise<Response> {
  const body = JSON.stringify(payload);
  return postEvent(on, '/webhooks/reviews', body, signed(id, body));
}

/** Takes what is on the queue and lets the Worker attend to it, whatever the delay. Which messages were not acknowledged. */
export async function runQueue(on: TestEnv): Promise<readonly string[]> {
  const messages = on.sent.splice(0).map(({ body }, i) => ({ id: `${i}`, timestamp: new Date(), attempts: 1, body }));
  const batch = createMessageBatch('edge-pipelines-webhooks', messages);
  const unacknowledged = new Set(messages.map(({ id }) => id));
  for (const message of batch.messages) {
    const ack = message.ack.bind(message);
    message.ack = () => {
      unacknowledged.delete(message.id);
      ack();
    };
  }
  const context = createExecutionContext();
  await worker.queue(batch, on, context);
  await waitOnExecutionContext(context);
  return [...unacknowledged];
}

export async function runClock(on: Env): Promise<void> {
  const context = createExecutionContext();
  await worker.scheduled(createScheduledController(), on, context);
  await waitOnExecutionContext(context);
}

export async function showEvent(on: Env, id: string, hook = 'reviews'): Promise<Shown> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await send(`/webhooks/${hook}/deliveries/${encodeURIComponent(id)}`, { headers }, on)).json<Shown>();
}

export interface Shown {
  readonly state: string;
  readonly due_at: string | null;
  readonly tries: number;
  readonly attempts: readonly { readonly at: string; readonly outcome: string }[];
  readonly result: { readonly to: string; readonly rule: number | null; readonly results: unknown[] } | null;
}
