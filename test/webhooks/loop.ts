// The whole loop of webhooks in one isolate: the Worker, a queue and a clock that the test drives, and a receiver.

import { afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { publishTinyBert } from '../http/worker.ts';
import { emptyEvents, type TestEnv, webhookIsolate } from './worker.ts';

export interface Delivery {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: string;
}

export interface Loop {
  on: TestEnv;
  /** All that were tried, whatever the receiver answered. */
  deliveries: Delivery[];
  /** What the receiver answers to the n-th. */
  answer(n: number, signal: AbortSignal | null): Response | Promise<Response>;
}

/** Prepares one for each test of the file. */
export function webhookLoop(): Loop {
  const loop: Loop = { on: webhookIsolate(), deliveries: [], answer: () => new Response('ok') };
  beforeAll(async () => void (await publishTinyBert()));
  beforeEach(async () => {
    await emptyEvents();
    loop.on = webhookIsolate();
    loop.deliveries = [];
    loop.answer = () => new Response('ok');
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
      const body = new TextDecoder().decode(init?.body as Uint8Array);
      loop.deliveries.push({ url: `${url}`, headers: new Headers(init?.headers), body, redirect: `${init?.redirect}` });
      return loop.answer(loop.deliveries.length, init?.signal ?? null);
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  return loop;
}

/** Time goes on, and the clock of the Worker with it. */
export const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
