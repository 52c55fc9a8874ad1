// An event from its arrival to its receiver: what is stored, what is delivered, and what is done when somebody dies in between.

import { Webhook } from 'standardwebhooks';
import { describe, expect, test, vi } from 'vitest';
import { publishTinyBert } from '../http/worker.ts';
import { pass, webhookLoop } from './loop.ts';
import {
  hookOf,
  postReview,
  publishHooks,
  RECEIVER_SECRET,
  runClock,
  runQueue,
  showEvent,
  webhookIsolate,
} from './worker.ts';

const loop = webhookLoop();

describe('an event', () => {
  test('is accepted, classified, delivered with its id, and forgotten but for what happened', async () => {
    await publishHooks(loop.on, hookOf({ fields: { from: '/email' } }));
    const response = await postReview(loop.on, 'msg_1', { text: 'I love it', email: 'a@example.com' });
    expect([response.status, await response.json()]).toEqual([202, { status: 'accepted', id: 'msg_1' }]);
    expect(loop.deliveries).toEqual([]);
    expect((await showEvent(loop.on, 'msg_1')).state).toBe('accepted');

    expect(await runQueue(loop.on)).toEqual([]);
    const [delivery] = loop.deliveries;
    expect(loop.deliveries).toHaveLength(1);
    expect(delivery?.url).toBe('https://receiver.example/hooks');
    expect(delivery?.headers.get('webhook-id')).toBe('msg_1');
    const body = new Webhook(RECEIVER_SECRET).verify(delivery?.body ?? '', Object.fromEntries(delivery?.headers ?? []));
    expect(body).toMatchObject({
      type: 'text.classified',
      data: { hook: 'reviews', event_id: 'msg_1', model: 'tiny-bert', to: 'inbox', fields: { from: 'a@example.com' } },
    });
    const shown = await showEvent(loop.on, 'msg_1');
    expect(shown).toMatchObject({ state: 'delivered', due_at: null, attempts: [{ outcome: '200' }] });
    expect(JSON.stringify(shown)).not.toContain('I love it');
    // Nothing is left to be looked for, and nothing of the text.
    expect((await loop.on.EVENTS.list({ prefix: 'due/' })).objects).toEqual([]);
    const { objects } = await loop.on.EVENTS.list();
    for (const { key } of objects) expect(await (await loop.on.EVENTS.get(key))?.text()).not.toContain('I love it');
  });

  test('that is repeated gets the first answer, and is delivered once', async () => {
    await publishHooks(loop.on, hookOf());
    const first = await postReview(loop.on, 'msg_2');
    const again = await postReview(loop.on, 'msg_2', { text: 'another text under the same id' });
    expect([again.status, await again.text()]).toEqual([202, await first.text()]);
    // The repeat woke it up too.
    expect(loop.on.sent).toHaveLength(2);
    await runQueue(loop.on);
    await postReview(loop.on, 'msg_2');
    expect(loop.on.sent).toEqual([]);
    await runQueue(loop.on);
    await runClock(loop.on);
    expect(loop.deliveries).toHaveLength(1);
  });

  test('that arrives several times at once is stored once and delivered once', async () => {
    await publishHooks(loop.on, hookOf());
    const answers = await Promise.all(Array.from({ length: 8 }, () => postReview(loop.on, 'msg_3')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await runQueue(loop.on);
    expect(loop.deliveries).toHaveLength(1);
    pass(600);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect(loop.deliveries).toHaveLength(1);
    expect((await loop.on.EVENTS.list({ prefix: 'due/' })).objects).toEqual([]);
  });

  test('whose wake-up is lost is found by the sweep, once in the time that the queue is given', async () => {
    await publishHooks(loop.on, hookOf());
    await postReview(loop.on, 'msg_4');
    loop.on.sent.splice(0);
    await runClock(loop.on);
    expect(loop.on.sent).toEqual([]);
    pass(61);
    await runClock(loop.on);
    await runClock(loop.on);
    expect(loop.on.sent).toHaveLength(1);
    await runQueue(loop.on);
    expect(loop.deliveries).toHaveLength(1);
  });

  test('whose queue does not answer is accepted all the same', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const fails = () => Promise.reject(new Error('no queue'));
    const broken = webhookIsolate({ WEBHOOKS: { sendBatch: fails } });
    await publishHooks(broken, hookOf());
    expect((await postReview(broken, 'msg_5')).status).toBe(202);
    pass(61);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect(loop.deliveries).toHaveLength(1);
  });

  test('that the bucket does not store is not accepted', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const EVENTS = { put: () => Promise.reject(new Error('no bucket')) };
    const broken = webhookIsolate({ EVENTS });
    await publishHooks(broken, hookOf());
    expect((await postReview(broken, 'msg_6')).status).toBe(500);
  });

  test('whose isolate dies while it delivers is delivered again when its lease is over, with the same bytes', async () => {
    await publishHooks(loop.on, hookOf());
    await postReview(loop.on, 'msg_7');
    // The delivery arrives, and nobody is there to note it.
    const put = loop.on.EVENTS.put.bind(loop.on.EVENTS);
    const dying = webhookIsolate({
      EVENTS: Object.assign(Object.create(loop.on.EVENTS), {
        get: loop.on.EVENTS.get.bind(loop.on.EVENTS),
        put: (key: string, value: string, options: object) =>
          value.includes('"delivered"') ? Promise.reject(new Error('died')) : put(key, value, options as R2PutOptions),
      }),
      sent: loop.on.sent,
    });
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await runQueue(dying)).toHaveLength(1);
    expect((await showEvent(loop.on, 'msg_7')).state).toBe('delivering');
    // Too early: somebody may still be at it.
    await postReview(loop.on, 'msg_7');
    await runQueue(loop.on);
    expect(loop.deliveries).toHaveLength(1);
    pass(61);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect(loop.deliveries.map(({ body }) => body)).toEqual([loop.deliveries[0]?.body, loop.deliveries[0]?.body]);
    expect(loop.deliveries[1]?.headers.get('webhook-id')).toBe('msg_7');
    expect((await showEvent(loop.on, 'msg_7')).state).toBe('delivered');
  });

  test('is classified once: what is delivered later is what was decided first', async () => {
    await publishHooks(loop.on, hookOf());
    loop.answer = (n) => new Response(null, { status: n === 1 ? 500 : 200 });
    await postReview(loop.on, 'msg_8');
    await runQueue(loop.on);
    await publishTinyBert({ revision: 'another', id2label: ['OTHER', 'LABELS'] });
    pass(10);
    await runQueue(loop.on);
    await publishTinyBert();
    expect(loop.deliveries[1]?.body).toBe(loop.deliveries[0]?.body);
  });
});
