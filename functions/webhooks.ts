// POST /webhooks/contact-form  a signed event of a sender  ->  202 {"status": "accepted", "id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"}
//
// Genuine events are stored, classified, and handed on as their hook says (shared/webhooks). Beside requests, the queue and the clock
// wake this Worker up.

import type { Hono } from 'hono';
import type { RequestContext } from '../shared/http/answer.ts';
import { method } from '../shared/http/method.ts';
import { serve } from '../shared/http/serve.ts';
import type { Env } from '../shared/http/settings.ts';
import { authorize, redeliver, showDead, showDelivery } from '../shared/webhooks/deliveries.ts';
import { deskOf } from '../shared/webhooks/desk.ts';
import { receive } from '../shared/webhooks/receive.ts';
import { expire, sweep } from '../shared/webhooks/sweep.ts';
import { attendTo } from '../shared/webhooks/wake-up.ts';
import { textClassification } from './text-classification.ts';
import { tokenClassification } from './token-classification.ts';
import { zeroShotClassification } from './zero-shot-classification.ts';

export const webhookTasks = [textClassification, zeroShotClassification, tokenClassification];

/** The routes of webhooks, on a Worker that may have others. */
export function addWebhooks(app: Hono<{ Bindings: Env }>): void {
  const desk = (c: RequestContext) => deskOf(c.env, webhookTasks, c.executionCtx);
  const named = (c: RequestContext, name: string) => c.req.param(name) ?? '';
  method(app, 'POST', '/webhooks/:name', (c) => receive(c, desk(c), named(c, 'name')));
  method(app, 'GET', '/webhooks/:name/dead', async (c) => {
    await authorize(c);
    return showDead(c, desk(c), named(c, 'name'));
  });
  method(app, 'POST', '/webhooks/:name/redeliver', async (c) => {
    await authorize(c);
    return redeliver(c, desk(c), named(c, 'name'));
  });
  method(app, 'GET', '/webhooks/:name/deliveries/:id{.+}', async (c) => {
    await authorize(c);
    return showDelivery(c, desk(c), named(c, 'name'), named(c, 'id'));
  });
}

export async function queue(batch: MessageBatch, env: Env, context: ExecutionContext): Promise<void> {
  await attendTo(deskOf(env, webhookTasks, context), batch.messages);
}

export async function scheduled(_controller: ScheduledController, env: Env, context: ExecutionContext): Promise<void> {
  const desk = deskOf(env, webhookTasks, context);
  await sweep(desk);
  await expire(desk);
}

const app = serve(...webhookTasks);
addWebhooks(app);

export default { fetch: app.fetch, queue, scheduled } satisfies ExportedHandler<Env>;
