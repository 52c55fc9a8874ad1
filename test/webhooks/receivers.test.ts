// What receivers do, and what comes of it for the event.

import { Webhook } from 'standardwebhooks';
import { describe, expect, test, vi } from 'vitest';
import { pass, webhookLoop } from './loop.ts';
import {
  hookOf,
  OLD_SECRET,
  postReview,
  publishHooks,
  RECEIVER_SECRET,
  runClock,
  runQueue,
  showEvent,
} from './worker.ts';

const loop = webhookLoop();

describe('a receiver', () => {
  test('that fails is tried on the schedule of the specification, and then the event is dead', async () => {
    await publishHooks(loop.on, hookOf());
    loop.answer = () => new Response(null, { status: 500 });
    await postReview(loop.on, 'msg_10');
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt++) {
      const at = Date.now();
      await runQueue(loop.on);
      const { state, due_at: due } = await showEvent(loop.on, 'msg_10');
      expect([loop.deliveries.length, state]).toEqual([attempt, attempt === 10 ? 'dead' : 'retrying']);
      if (due === null) break;
      waits.push((Date.parse(due) - at) / 1000);
      // No queue holds a message back for longer than twelve hours: the sweep does what comes later.
      for (const { delaySeconds = 0 } of loop.on.sent) expect(delaySeconds).toBeLessThanOrEqual(43_200);
      expect(loop.on.sent).toHaveLength((waits.at(-1) ?? 0) > 43_200 ? 0 : 1);
      // The sweep looks a minute after the queue should have.
      vi.setSystemTime(Date.parse(due) + 61_000);
      loop.on.sent.splice(0);
      await runClock(loop.on);
      expect(loop.on.sent).toHaveLength(1);
    }
    [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].forEach((seconds, i) => {
      expect(waits[i]).toBeGreaterThanOrEqual(seconds);
      expect(waits[i]).toBeLessThan(seconds * 1.1 + 2);
    });
    pass(86_400);
    await runClock(loop.on);
    expect(loop.on.sent).toEqual([]);
    expect(new Set(loop.deliveries.map(({ headers }) => headers.get('webhook-id')))).toEqual(new Set(['msg_10']));
  });

  test('that is not due yet is left alone, whoever wakes the event up', async () => {
    await publishHooks(loop.on, hookOf());
    loop.answer = () => new Response(null, { status: 503 });
    await postReview(loop.on, 'msg_11');
    await runQueue(loop.on);
    await postReview(loop.on, 'msg_11');
    expect(loop.on.sent.every(({ delaySeconds = 0 }) => delaySeconds >= 5)).toBe(true);
    await runQueue(loop.on);
    await runClock(loop.on);
    expect(loop.deliveries).toHaveLength(1);
  });

  test.each([
    ['seconds', () => '120', 120],
    ['a date', () => new Date(Date.now() + 120_000).toUTCString(), 119],
    ['nonsense', () => 'soon', 5],
    ['more than a day', () => '999999999', 86_400],
    ['less than the schedule', () => '1', 5],
  ])('that says Retry-After, %s, is listened to', async (_, header, least) => {
    await publishHooks(loop.on, hookOf());
    loop.answer = () => new Response(null, { status: 429, headers: { 'retry-after': header() } });
    await postReview(loop.on, 'msg_12');
    await runQueue(loop.on);
    const wait = (Date.parse((await showEvent(loop.on, 'msg_12')).due_at ?? '') - Date.now()) / 1000;
    expect(wait).toBeGreaterThan(least - 1.5);
    expect(wait).toBeLessThan(least * 1.1 + 2);
  });

  test('that is gone gets no more', async () => {
    await publishHooks(loop.on, hookOf());
    loop.answer = () => new Response(null, { status: 410 });
    await postReview(loop.on, 'msg_13');
    await runQueue(loop.on);
    expect(await showEvent(loop.on, 'msg_13')).toMatchObject({ state: 'dead', tries: 1 });
  });

  test('that redirects is not followed', async () => {
    await publishHooks(loop.on, hookOf());
    loop.answer = () => new Response(null, { status: 307, headers: { location: 'http://169.254.169.254/' } });
    await postReview(loop.on, 'msg_14');
    await runQueue(loop.on);
    expect(loop.deliveries.map(({ redirect }) => redirect)).toEqual(['manual']);
    expect(await showEvent(loop.on, 'msg_14')).toMatchObject({ state: 'retrying', attempts: [{ outcome: '307' }] });
  });

  test('that hangs is left after its time', async () => {
    await publishHooks(loop.on, hookOf({ timeout_seconds: 0.1 }));
    loop.answer = (_, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    await postReview(loop.on, 'msg_15');
    await runQueue(loop.on);
    expect(await showEvent(loop.on, 'msg_15')).toMatchObject({
      state: 'retrying',
      attempts: [{ outcome: 'no answer in time' }],
    });
  });

  test('that closes the connection is tried again', async () => {
    await publishHooks(loop.on, hookOf());
    loop.answer = (n) => {
      if (n === 1) throw new TypeError('Network connection lost.');
      return new Response('ok');
    };
    await postReview(loop.on, 'msg_16');
    await runQueue(loop.on);
    expect(await showEvent(loop.on, 'msg_16')).toMatchObject({ attempts: [{ outcome: 'the connection failed' }] });
    pass(10);
    await runQueue(loop.on);
    expect(await showEvent(loop.on, 'msg_16')).toMatchObject({ state: 'delivered', tries: 2 });
  });

  test('whose answer has no end costs nothing: its body is not read', async () => {
    await publishHooks(loop.on, hookOf());
    const cancelled = vi.fn();
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: cancelled,
    });
    loop.answer = () => new Response(endless);
    await postReview(loop.on, 'msg_17');
    await runQueue(loop.on);
    expect(cancelled).toHaveBeenCalledOnce();
    expect((await showEvent(loop.on, 'msg_17')).state).toBe('delivered');
  });

  test('has two secrets while one takes the place of the other', async () => {
    const secrets = ['RECEIVER_SECRET', 'OLD_SECRET'];
    await publishHooks(loop.on, hookOf({ destinations: { inbox: { url: 'https://receiver.example/', secrets } } }));
    await postReview(loop.on, 'msg_18');
    await runQueue(loop.on);
    const { headers = new Headers(), body = '' } = loop.deliveries[0] ?? {};
    for (const secret of [RECEIVER_SECRET, OLD_SECRET]) {
      expect(new Webhook(secret).verify(body, Object.fromEntries(headers))).toBeTruthy();
    }
  });
});
