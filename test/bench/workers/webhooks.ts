// The Worker with webhooks, and the steps of one event each by itself, repeated inside one isolate: /step/<name>?repeats=1

import worker, { queue, scheduled, webhookTasks } from '../../../functions/webhooks.ts';
import type { Env } from '../../../shared/http/settings.ts';
import { authenticate } from '../../../shared/webhooks/authenticate.ts';
import { decide } from '../../../shared/webhooks/decide.ts';
import { deliver } from '../../../shared/webhooks/deliver.ts';
import { type Desk, deskOf } from '../../../shared/webhooks/desk.ts';
import type { Decision, StoredEvent } from '../../../shared/webhooks/event.ts';
import { markerOf } from '../../../shared/webhooks/event-store.ts';
import type { Hook } from '../../../shared/webhooks/hook.ts';

const TEXT = 'Order 4711 was lovely and the second part of it broken.';

const decision: Decision = {
  at: 0,
  task: 'text-classification',
  model: 'minilm-sst2',
  revision: '0',
  results: [[{ label: 'POSITIVE', score: 0.5 }]],
  rule: null,
  to: 'receiver',
};

const event: StoredEvent = {
  format: 1,
  hook: 'load',
  id: 'step',
  state: 'accepted',
  acceptedAt: 0,
  dueAt: 0,
  tries: 0,
  texts: [TEXT],
  fields: {},
  decision: null,
  attempts: [],
  marker: '',
};

const headers = new Headers({
  'webhook-id': 'msg_step',
  'webhook-timestamp': '1700000000',
  'webhook-signature': `v1,${btoa('x'.repeat(32))}`,
});

let made = 0;
const fresh = () => ({ hook: 'step', key: `${Date.now()}-${made++}` });
/** Markers that `mark` has written, for `unmark`: the bench asks for as many of either, in this order. */
const marked: string[] = [];

/** Each returns what one repetition is. */
const steps: Readonly<Record<string, (desk: Desk, hook: Hook) => Promise<() => Promise<unknown>>>> = {
  authenticate: async (desk, hook) => () => authenticate(desk, hook, headers, new TextEncoder().encode(TEXT)),
  create:
    async ({ store }) =>
    () =>
      store.create(fresh(), event),
  mark:
    async ({ store }) =>
    () => {
      const marker = markerOf(fresh(), 9e12);
      marked.push(marker);
      return store.mark(marker);
    },
  read: async ({ store }) => {
    const ref = fresh();
    await store.create(ref, event);
    return () => store.read(ref);
  },
  replace: async ({ store }) => {
    const ref = fresh();
    await store.create(ref, event);
    let stored = await store.read(ref);
    return async () => {
      if (stored) stored = await store.replace(ref, stored, event);
    };
  },
  unmark:
    async ({ store }) =>
    () => {
      const marker = marked.pop();
      if (marker === undefined) throw new Error('nothing is marked: ask for the step mark before');
      return store.unmark([marker]);
    },
  decide: async (desk, hook) => () => decide(desk, hook, [TEXT]),
  deliver: async (desk, hook) => () => deliver(desk, hook, event, decision),
  wake: async (desk) => () => desk.wake([{ ref: { hook: 'step', key: 'nobody' }, delaySeconds: 0 }]),
};

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const step = steps[pathname.replace('/step/', '')];
    if (!step) return worker.fetch(request, env, context);
    const desk = deskOf(env, webhookTasks, context);
    const hook = await desk.find('load');
    if (!hook) return new Response('no hook', { status: 500 });
    const run = await step(desk, hook);
    for (let i = 0; i < Number(searchParams.get('repeats') ?? 1); i++) await run();
    return new Response('done');
  },
  queue,
  scheduled,
} satisfies ExportedHandler<Env>;
