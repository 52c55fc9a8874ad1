// What is genuine may still be of any form: nothing of it is believed.

import { describe, expect, test } from 'vitest';
import { send } from '../http/worker.ts';
import { attackedWorker, BODY } from './attacked.ts';
import { hookOf, now, publishHooks, runQueue, SECRET, signed, webhookIsolate } from './worker.ts';

const attacked = attackedWorker();

describe('a payload', () => {
  const at = (payload: unknown, id = 'msg_1') => {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return attacked.post(signed(id, body), body);
  };

  test('that is nested as deep as the bytes allow', async () => {
    for (const body of [
      `${'['.repeat(400_000)}`,
      `${'['.repeat(400_000)}${']'.repeat(400_000)}`,
      `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`,
    ]) {
      const response = await at(body);
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({
        error: 'the payload is nested deeper than 64, which is what one may be',
      });
    }
  });

  test('with brackets in its texts is not nested', async () => {
    expect((await at({ text: `\\"${'[{'.repeat(500)}` })).status).toBe(202);
  });

  test('of a million entries, which no pointer asks for', async () => {
    const body = `{"list":[${'1,'.repeat(450_000)}1],"text":"I love it"}`;
    expect((await at(body)).status).toBe(202);
  });

  test.each(['{', '', 'null', '"text"', '[]', '42', 'undefined', '{"text":"a"}}'])(
    'that is no payload, %#',
    async (body) => {
      const response = await at(body);
      expect([400, 422]).toContain(response.status);
      expect(attacked.logged).toBe('');
    },
  );

  test('that is not UTF-8', async () => {
    const bytes = new Uint8Array([
      ...new TextEncoder().encode('{"text":"'),
      0xff,
      0xfe,
      ...new TextEncoder().encode('"}'),
    ]);
    const seconds = now();
    const content = new Uint8Array([...new TextEncoder().encode(`msg_1.${seconds}.`), ...bytes]);
    const raw = Uint8Array.from(atob(SECRET.slice(6)), (c) => c.charCodeAt(0));
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, content));
    const headers = {
      ...signed('msg_1', ''),
      'webhook-timestamp': `${seconds}`,
      'webhook-signature': `v1,${btoa(String.fromCharCode(...mac))}`,
    };
    expect((await attacked.post(headers, bytes)).status).toBe(400);
  });

  test.each([
    ['a number', { text: 42 }, '/text of the payload is a number; it must be a string'],
    ['an object', { text: { a: 1 } }, '/text of the payload is an object; it must be a string'],
    ['a list', { text: ['a'] }, '/text of the payload is a list; it must be a string'],
    ['null', { text: null }, '/text of the payload is null; it must be a string'],
    ['nothing', { other: 'a' }, '/text of the payload is missing; it must be a string'],
  ])('whose pointer finds %s', async (_, payload, error) => {
    const response = await at(payload);
    expect([response.status, (await response.json<{ error: string }>()).error]).toEqual([422, error]);
    expect((await attacked.on.EVENTS.list()).objects).toEqual([]);
  });

  test.each(['/__proto__', '/__proto__/toString', '/constructor/name', '/toString', '/text/length', '/text/0'])(
    'asked for %s gives nothing of a prototype',
    async (text) => {
      await publishHooks(attacked.on, hookOf({ text, fields: { stolen: text } }));
      const response = await at({ text: 'I love it' });
      expect(await response.json()).toMatchObject({ error: `${text} of the payload is missing; it must be a string` });
    },
  );

  test('with a __proto__ of its own pollutes nothing', async () => {
    await publishHooks(attacked.on, hookOf({ fields: { own: '/__proto__' } }));
    expect(
      (await at('{"__proto__":{"polluted":"yes"},"text":"a","constructor":{"prototype":{"polluted":"yes"}}}')).status,
    ).toBe(202);
    await runQueue(attacked.on);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(fetch).toHaveBeenCalledOnce();
  });
});

describe('a body', () => {
  const big = (bytes: number) => `{"text":"${'a'.repeat(bytes)}"}`;

  test('of 10 MB, whether or not its hook exists and whatever length it declares', async () => {
    for (const hook of ['reviews', 'nobody']) {
      const body = big(10_000_000);
      const response = await attacked.post(signed('msg_1', body), body, `/webhooks/${hook}`);
      expect(response.status).toBe(413);
      const stream = new Response(body).body;
      const streamed = await send(
        `/webhooks/${hook}`,
        { method: 'POST', headers: signed('msg_1', body), body: stream },
        attacked.on,
      );
      expect(streamed.status).toBe(413);
    }
    expect((await attacked.on.EVENTS.list()).objects).toEqual([]);
  });

  test('that comes too slowly, whether or not its hook exists', async () => {
    const slow = webhookIsolate({ WEBHOOK_BODY_SECONDS: '0.1' });
    for (const hook of ['reviews', 'nobody']) {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const drip = setInterval(() => writer.write(new Uint8Array([0x20])).catch(() => undefined), 20);
      const response = await send(
        `/webhooks/${hook}`,
        { method: 'POST', headers: signed('msg_1', BODY), body: readable },
        slow,
      );
      clearInterval(drip);
      expect(response.status).toBe(408);
    }
  });
});
