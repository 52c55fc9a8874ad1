// What is done later: the dead are sent again, what was not woken up is found, what is old is removed.

import { describe, expect, test, vi } from 'vitest';
import { keyOf } from '../../shared/webhooks/event.ts';
import { send } from '../http/worker.ts';
import { pass, webhookLoop } from './loop.ts';
import { hookOf, postReview, publishHooks, runClock, runQueue, showEvent, TOKEN } from './worker.ts';

const loop = webhookLoop();

describe('the dead', () => {
  const admin = { authorization: `Bearer ${TOKEN}` };

  test('are listed, and sent again with the same id', async () => {
    await publishHooks(loop.on, hookOf({ retries_seconds: [] }));
    loop.answer = () => new Response(null, { status: 500 });
    for (const id of ['msg_20', 'msg_21']) await postReview(loop.on, id);
    await runQueue(loop.on);
    const dead = await (await send('/webhooks/reviews/dead', { headers: admin }, loop.on)).json<{ id: string }[]>();
    expect(dead.map(({ id }) => id).sort()).toEqual(['msg_20', 'msg_21']);

    loop.answer = () => new Response('ok');
    const again = () => send('/webhooks/reviews/redeliver', { method: 'POST', headers: admin }, loop.on);
    expect(await (await again()).json()).toEqual({ redelivered: 2, more: false });
    expect(await (await again()).json()).toEqual({ redelivered: 0, more: false });
    await runQueue(loop.on);
    expect(
      loop.deliveries
        .slice(2)
        .map(({ headers }) => headers.get('webhook-id'))
        .sort(),
    ).toEqual(['msg_20', 'msg_21']);
    expect(loop.deliveries[2]?.body).toBe(
      loop.deliveries.find(({ headers }) => headers.get('webhook-id') === loop.deliveries[2]?.headers.get('webhook-id'))
        ?.body,
    );
    expect(await showEvent(loop.on, 'msg_20')).toMatchObject({
      state: 'delivered',
      attempts: [{ outcome: '500' }, { outcome: '200' }],
    });
  });

  test('are found beside one that is damaged', async () => {
    await publishHooks(loop.on, hookOf({ retries_seconds: [] }));
    loop.answer = () => new Response(null, { status: 410 });
    await postReview(loop.on, 'msg_24');
    await runQueue(loop.on);
    await loop.on.EVENTS.put('events/reviews/0', 'damaged');
    await loop.on.EVENTS.put('dead/reviews/0', '');
    const dead = await send('/webhooks/reviews/dead', { headers: admin }, loop.on);
    expect((await dead.json<{ id: string }[]>()).map(({ id }) => id)).toEqual(['msg_24']);
    const sent = await send('/webhooks/reviews/redeliver', { method: 'POST', headers: admin }, loop.on);
    expect(await sent.json()).toMatchObject({ redelivered: 1 });
  });

  test('are sent again a hundred a call, each call behind those of the last, whether they are still dead or not', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await publishHooks(loop.on, hookOf({ retries_seconds: [] }));
    loop.answer = () => new Response(null, { status: 410 });
    await postReview(loop.on, 'msg_25');
    await runQueue(loop.on);
    // Damaged ones stay dead; their keys come before that of any event.
    const damaged = Array.from({ length: 100 }, (_, i) => `-${String(i).padStart(2, '0')}`);
    for (const key of damaged) {
      await loop.on.EVENTS.put(`events/reviews/${key}`, 'damaged');
      await loop.on.EVENTS.put(`dead/reviews/${key}`, '');
    }
    const redeliver = async (query = '') =>
      (await send(`/webhooks/reviews/redeliver${query}`, { method: 'POST', headers: admin }, loop.on)).json();
    expect(await redeliver()).toEqual({ redelivered: 0, more: true, next: '-99' });
    expect(await redeliver('?after=-99')).toEqual({ redelivered: 1, more: false });
    await runQueue(loop.on);
    expect(await showEvent(loop.on, 'msg_25')).toMatchObject({ state: 'dead', attempts: [{}, {}] });
    expect(await redeliver(`?after=${await keyOf('msg_25')}`)).toEqual({ redelivered: 0, more: false });
  });

  test('are found even if what buried them died half-way, and are found by the sweep if nothing woke them', async () => {
    await publishHooks(loop.on, hookOf({ retries_seconds: [] }));
    await postReview(loop.on, 'msg_22');
    await loop.on.EVENTS.put(`dead/reviews/${await keyOf('msg_22')}`, '');
    const { redelivered } = await (
      await send('/webhooks/reviews/redeliver', { method: 'POST', headers: admin }, loop.on)
    ).json<{ redelivered: number }>();
    expect(redelivered).toBe(0);
    loop.on.sent.splice(0);
    pass(61);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect((await showEvent(loop.on, 'msg_22')).state).toBe('delivered');
  });
});

describe('the clock', () => {
  test('removes what is older than its hook keeps it, and nothing that is not finished', async () => {
    await publishHooks(loop.on, hookOf({ keep_days: 4 }));
    await postReview(loop.on, 'msg_30');
    await runQueue(loop.on);
    loop.answer = () => new Response(null, { status: 410 });
    await postReview(loop.on, 'msg_31');
    await runQueue(loop.on);
    await postReview(loop.on, 'msg_32');
    await runClock(loop.on);
    expect((await loop.on.EVENTS.list({ prefix: 'events/' })).objects).toHaveLength(3);
    pass(4 * 86_400 + 60);
    await runClock(loop.on);
    await runClock(loop.on);
    const left = (await loop.on.EVENTS.list()).objects.map(({ key }) => key).filter((key) => !key.startsWith('due/'));
    expect(left).toEqual([`events/reviews/${await keyOf('msg_32')}`]);
    const shown = await send(
      '/webhooks/reviews/deliveries/msg_30',
      { headers: { authorization: `Bearer ${TOKEN}` } },
      loop.on,
    );
    expect(shown.status).toBe(404);
  });

  test('removes what is old beside one that is damaged', async () => {
    await publishHooks(loop.on, hookOf({ keep_days: 4 }));
    await postReview(loop.on, 'msg_34');
    await runQueue(loop.on);
    await loop.on.EVENTS.put('events/reviews/0', 'damaged', { customMetadata: { finished: 'true' } });
    pass(4 * 86_400 + 60);
    await runClock(loop.on);
    const left = (await loop.on.EVENTS.list({ prefix: 'events/' })).objects.map(({ key }) => key);
    expect(left).toEqual(['events/reviews/0']);
  });

  test('finds an event again whose marker was never written', async () => {
    await publishHooks(loop.on, hookOf());
    await postReview(loop.on, 'msg_36');
    loop.on.sent.splice(0);
    const [marker] = (await loop.on.EVENTS.list({ prefix: 'due/' })).objects;
    await loop.on.EVENTS.delete(marker?.key ?? '');
    pass(3600);
    await runClock(loop.on);
    expect(loop.on.sent).toEqual([]);
    pass(30 * 86_400);
    await runClock(loop.on);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect((await showEvent(loop.on, 'msg_36')).state).toBe('delivered');
  });

  test('has an event tried that nobody tried while everything was down, however late it is', async () => {
    await publishHooks(loop.on, hookOf({ retries_seconds: [] }));
    await postReview(loop.on, 'msg_37');
    loop.on.sent.splice(0);
    pass(5 * 86_400);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect((await showEvent(loop.on, 'msg_37')).state).toBe('delivered');
  });

  test('gives up what takes down every isolate that tries it, after as many tries as others have', async () => {
    await publishHooks(loop.on, hookOf({ retries_seconds: [5, 5] }));
    await postReview(loop.on, 'msg_39');
    const key = `events/reviews/${await keyOf('msg_39')}`;
    const event = JSON.parse((await (await loop.on.EVENTS.get(key))?.text()) ?? '');
    await loop.on.EVENTS.put(key, JSON.stringify({ ...event, state: 'delivering', tries: 3 }));
    pass(61);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect((await showEvent(loop.on, 'msg_39')).state).toBe('dead');
    expect(loop.deliveries).toEqual([]);
  });

  test('removes no dead event that is sent again meanwhile', async () => {
    await publishHooks(loop.on, hookOf({ keep_days: 4 }));
    loop.answer = () => new Response(null, { status: 410 });
    await postReview(loop.on, 'msg_38');
    await runQueue(loop.on);
    pass(4 * 86_400 + 60);
    // Between the reading of the event and its removal.
    const { EVENTS } = loop.on;
    const get = EVENTS.get.bind(EVENTS);
    const key = `events/reviews/${await keyOf('msg_38')}`;
    let isSent = false;
    const spied = vi.spyOn(EVENTS, 'get').mockImplementation((async (name: string) => {
      const object = await get(name);
      if (name === key && object && !isSent) {
        isSent = true;
        const text = await object.text();
        const revived = { ...JSON.parse(text), state: 'accepted', tries: 0, dueAt: Date.now() };
        await EVENTS.put(key, JSON.stringify(revived));
        return { ...object, etag: object.etag, text: async () => text };
      }
      return object;
    }) as typeof EVENTS.get);
    await runClock(loop.on);
    spied.mockRestore();
    expect(isSent).toBe(true);
    expect((await showEvent(loop.on, 'msg_38')).state).toBe('accepted');
  });

  test('gives up what is never brought to an end', async () => {
    await publishHooks(loop.on, hookOf({ retries_seconds: [5] }));
    await postReview(loop.on, 'msg_33');
    loop.on.sent.splice(0);
    // As it is left by an isolate that died while it delivered.
    const key = `events/reviews/${await keyOf('msg_33')}`;
    const event = JSON.parse((await (await loop.on.EVENTS.get(key))?.text()) ?? '');
    await loop.on.EVENTS.put(key, JSON.stringify({ ...event, state: 'delivering', tries: 1 }));
    pass(86_400);
    await runClock(loop.on);
    loop.on.sent.splice(0);
    pass(2 * 86_400);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect(await showEvent(loop.on, 'msg_33')).toMatchObject({
      state: 'dead',
      attempts: [{ outcome: 'given up: it was never brought to an end' }],
    });
  });

  test('removes a marker that no event came to, after an hour', async () => {
    await publishHooks(loop.on, hookOf());
    await loop.on.EVENTS.put(`due/${Date.now()}/reviews/${'0'.repeat(64)}/0`, '');
    await runClock(loop.on);
    await runQueue(loop.on);
    expect((await loop.on.EVENTS.list({ prefix: 'due/' })).objects).toHaveLength(1);
    pass(3700);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect((await loop.on.EVENTS.list({ prefix: 'due/' })).objects).toEqual([]);
  });

  test('puts off what it finds too early, and then finds it when it is due', async () => {
    await publishHooks(loop.on, hookOf());
    loop.answer = (n) => new Response(null, { status: n < 3 ? 500 : 200 });
    await postReview(loop.on, 'msg_35');
    await runQueue(loop.on);
    pass(61);
    await runQueue(loop.on);
    // Every wake-up is lost but for those of the clock: the next attempt is due in five minutes.
    loop.on.sent.splice(0);
    await runClock(loop.on);
    await runQueue(loop.on);
    const [marker] = (await loop.on.EVENTS.list({ prefix: 'due/' })).objects;
    const { due_at: due } = await showEvent(loop.on, 'msg_35');
    expect(Number(marker?.key.split('/')[1])).toBe(Date.parse(due ?? ''));
    vi.setSystemTime(Date.parse(due ?? '') - 1000);
    await runClock(loop.on);
    expect(loop.on.sent).toEqual([]);
    pass(2);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect(loop.deliveries).toHaveLength(3);
    expect((await loop.on.EVENTS.list({ prefix: 'due/' })).objects).toEqual([]);
  });

  test('finds the two thousandth as well as the first, and none twice while the queue has it', async () => {
    const at = String(Date.now()).padStart(13, '0');
    for (let start = 0; start < 2010; start += 30) {
      const puts = Array.from({ length: 30 }, (_, i) => loop.on.EVENTS.put(`due/${at}/reviews/${start + i}/0`, ''));
      await Promise.all(puts);
    }
    pass(61);
    for (const queued of [1000, 2000, 2010, 2010]) {
      await runClock(loop.on);
      expect(new Set(loop.on.sent.map(({ body }) => body.key)).size).toBe(queued);
      expect(loop.on.sent).toHaveLength(queued);
    }
    loop.on.sent.splice(0);
    pass(120);
    await runClock(loop.on);
    expect(loop.on.sent).toHaveLength(1000);
  });

  test('is not kept from the others by an event that is damaged', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await publishHooks(loop.on, hookOf());
    const key = 'a'.repeat(64);
    await loop.on.EVENTS.put(`events/reviews/${key}`, '{"format": 0}');
    await loop.on.EVENTS.put(`due/0000000000001/reviews/${key}/0`, '');
    await postReview(loop.on, 'msg_34');
    loop.on.sent.splice(0);
    pass(61);
    await runClock(loop.on);
    await runQueue(loop.on);
    expect(loop.deliveries).toHaveLength(1);
  });
});
