// A Worker with a hook of each scheme, to which everything is sent that nobody should be let in with.

import { afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { publishTinyBert } from '../http/worker.ts';
import { emptyEvents, hookOf, postEvent, publishHooks, type TestEnv, webhookIsolate } from './worker.ts';

export const BODY = '{"text":"I love it"}';

export interface Attacked {
  on: TestEnv;
  /** Everything that was logged. */
  logged: string;
  post(headers: HeadersInit, body?: BodyInit, path?: string): Promise<Response>;
  /** The one answer to all that is not genuine, with nothing left behind and not a word in the log. */
  expectRefused(response: Response): Promise<void>;
}

/** Prepares one for each test of the file. */
export function attackedWorker(): Attacked {
  const attacked: Attacked = {
    on: webhookIsolate(),
    logged: '',
    post: (headers, body = BODY, path = '/webhooks/reviews') => postEvent(attacked.on, path, body, headers),
    async expectRefused(response) {
      const { request_id: _, ...body } = await response.json<Record<string, string>>();
      const refusal = { error: 'the request is not signed as it must be', error_type: 'unauthorized' };
      expect([response.status, body]).toEqual([401, refusal]);
      expect((await attacked.on.EVENTS.list()).objects).toEqual([]);
      expect(attacked.on.sent).toEqual([]);
      expect(attacked.logged).toBe('');
    },
  };
  beforeAll(async () => void (await publishTinyBert()));
  beforeEach(async () => {
    await emptyEvents();
    attacked.on = webhookIsolate();
    attacked.logged = '';
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, level).mockImplementation((...args) => {
        attacked.logged += args.map(String).join(' ');
      });
    }
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ok'));
    await publishHooks(
      attacked.on,
      hookOf(),
      hookOf({ name: 'github', signature: { scheme: 'github', secrets: ['GITHUB_SECRET'] } }),
      hookOf({ name: 'stripe', signature: { scheme: 'stripe', secrets: ['STRIPE_SECRET'] } }),
      hookOf({ name: 'slack', signature: { scheme: 'slack', secrets: ['SLACK_SECRET'] } }),
      hookOf({ name: 'form', signature: { scheme: 'bearer', secrets: ['FORM_TOKEN'] } }),
    );
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  return attacked;
}
