// No way in: each trick by its name. What is not genuine gets one and the same answer, and leaves nothing behind.

import { Webhook } from 'standardwebhooks';
import { describe, expect, test, vi } from 'vitest';
import { isolate, send } from '../http/worker.ts';
import { attackedWorker, BODY } from './attacked.ts';
import {
  emptyEvents,
  hexHmac,
  hookOf,
  now,
  OLD_SECRET,
  postEvent,
  publishHooks,
  runClock,
  runQueue,
  SECRET,
  signed,
  TOKEN,
  webhookIsolate,
} from './worker.ts';

const attacked = attackedWorker();

test('the genuine event, of which all others are made', async () => {
  expect((await attacked.post(signed('msg_1', BODY))).status).toBe(202);
});

describe('replay', () => {
  test('inside the window: the first answer, and no second delivery', async () => {
    const headers = signed('msg_1', BODY);
    const first = await attacked.post(headers);
    await runQueue(attacked.on);
    vi.setSystemTime(Date.now() + 200_000);
    const again = await attacked.post(headers);
    expect([again.status, await again.text()]).toEqual([202, await first.text()]);
    await runQueue(attacked.on);
    await runClock(attacked.on);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test('outside the window', async () => {
    const headers = signed('msg_1', BODY);
    vi.setSystemTime(Date.now() + 302_000);
    await attacked.expectRefused(await attacked.post(headers));
  });

  test('before its time', async () => {
    await attacked.expectRefused(await attacked.post(signed('msg_1', BODY, { at: now() + 302 })));
  });

  test("of GitHub's, whose delivery id is not signed: the body is what it is known by", async () => {
    const headers = {
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${await hexHmac("It's a Secret to Everybody", BODY)}`,
    };
    for (const delivery of ['1', '2', '3']) {
      const response = await attacked.post({ ...headers, 'x-github-delivery': delivery }, BODY, '/webhooks/github');
      expect(response.status).toBe(202);
      await runQueue(attacked.on);
    }
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("of Slack's, which signs the time anew: the same event", async () => {
    for (const at of [now() - 100, now()]) {
      const signature = `v0=${await hexHmac('8f742231b10e8888abcd99yyyzzz85a5', `v0:${at}:${BODY}`)}`;
      const headers = {
        'content-type': 'application/json',
        'x-slack-request-timestamp': `${at}`,
        'x-slack-signature': signature,
      };
      expect((await attacked.post(headers, BODY, '/webhooks/slack')).status).toBe(202);
      await runQueue(attacked.on);
    }
    expect(fetch).toHaveBeenCalledOnce();
  });
});

describe('swapped', () => {
  test('body', async () => {
    await attacked.expectRefused(await attacked.post(signed('msg_1', BODY), '{"text":"I hate it"}'));
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'header %s, of another genuine event',
    async (name) => {
      const other = signed('msg_2', '{"text":"another"}', { at: now() - 10 });
      await attacked.expectRefused(await attacked.post({ ...signed('msg_1', BODY), [name]: other[name] ?? '' }));
    },
  );

  test('scheme: the signature of one hook at another', async () => {
    for (const hook of ['github', 'stripe', 'slack', 'form']) {
      await attacked.expectRefused(await attacked.post(signed('msg_1', BODY), BODY, `/webhooks/${hook}`));
    }
  });

  test("kind of GitHub's event, which is not signed: one that is called a ping is stored all the same", async () => {
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'ping',
      'x-hub-signature-256': `sha256=${await hexHmac("It's a Secret to Everybody", BODY)}`,
    };
    const response = await attacked.post(headers, BODY, '/webhooks/github');
    expect(response.status).toBe(202);
    await runQueue(attacked.on);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test('border between id, time and body', async () => {
    // `msg.1700000000` + `5` + body signs the same bytes as `msg` + `1700000000` + `5.body`.
    const at = now();
    const signature = new Webhook(SECRET).sign(`msg.${at}`, new Date(at * 1000), '5');
    await attacked.expectRefused(
      await attacked.post({ ...signed('msg', BODY), 'webhook-id': `msg.${at}`, 'webhook-signature': signature }, '5'),
    );
  });
});

describe('a hook that does not exist', () => {
  const names = [
    'nobody',
    '__proto__',
    'constructor',
    'toString',
    'reviews%00',
    'REVIEWS',
    '..%2freviews',
    'a'.repeat(5000),
  ];

  test.each(names)('%s', async (name) => {
    await attacked.expectRefused(await attacked.post(signed('msg_1', BODY), BODY, `/webhooks/${name}`));
  });

  test('costs what one costs that exists: as much cryptography of as many bytes, and not one read more', async () => {
    const work = async (path: string, headers: HeadersInit) => {
      const macs: string[] = [];
      const [sign, check] = [crypto.subtle.sign.bind(crypto.subtle), crypto.subtle.verify.bind(crypto.subtle)];
      const spies = [
        vi.spyOn(crypto.subtle, 'sign').mockImplementation((...args) => {
          // SHA-256 works in blocks of 64 bytes, 9 of which end it.
          macs.push(`HMAC of ${Math.ceil(((args[2] as Uint8Array).byteLength + 9) / 64)} blocks`);
          return sign(...args);
        }),
        vi.spyOn(crypto.subtle, 'verify').mockImplementation((...args) => {
          macs.push('ed25519');
          return check(...args);
        }),
      ];
      const get = vi.spyOn(attacked.on.MODELS, 'get');
      await attacked.post(headers, BODY, path);
      const reads = get.mock.calls.length;
      for (const spy of spies) spy.mockRestore();
      get.mockRestore();
      return { macs: macs.sort(), reads };
    };
    attacked.on = webhookIsolate({ MANIFEST_TTL_SECONDS: '30' });
    await attacked.post(signed('msg_1', BODY));
    await emptyEvents();
    // Whatever the headers, and whatever the scheme of the hook.
    const at = `${now()}`;
    for (const headers of [
      { ...signed('msg_1', BODY), 'webhook-signature': `v1,${btoa('x'.repeat(32))}` },
      { ...signed('msg_1', BODY), 'webhook-signature': `v1a,${btoa('x'.repeat(64))}`, authorization: 'Bearer x' },
      { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
      { 'stripe-signature': `t=${at},v1=${'0'.repeat(64)}` },
      { 'x-slack-signature': `v0=${'0'.repeat(64)}`, 'x-slack-request-timestamp': at },
      { authorization: 'Bearer x' },
      { authorization: 'Basic x' },
      {},
    ]) {
      const expected = await work('/webhooks/nobody', headers);
      expect(expected.macs.length).toBeGreaterThanOrEqual(4);
      expect(expected.reads).toBe(0);
      for (const hook of ['reviews', 'github', 'stripe', 'slack', 'form']) {
        expect(await work(`/webhooks/${hook}`, headers), hook).toEqual(expected);
      }
    }
  });

  test('whose secret is not set, or is none, is as if it did not exist', async () => {
    await publishHooks(
      attacked.on,
      hookOf({ signature: { scheme: 'standard-webhooks', secrets: ['UNSET_SECRET'] } }),
      hookOf({ name: 'broken', signature: { scheme: 'standard-webhooks', secrets: ['BROKEN_SECRET'] } }),
    );
    attacked.on = webhookIsolate({ BROKEN_SECRET: 'whsec_%%%' });
    await attacked.expectRefused(await attacked.post(signed('msg_1', BODY)));
    await attacked.expectRefused(await attacked.post(signed('msg_1', BODY), BODY, '/webhooks/broken'));
  });
});

describe('a secret', () => {
  test('that is being replaced counts as long as it is named', async () => {
    await publishHooks(
      attacked.on,
      hookOf({ signature: { scheme: 'standard-webhooks', secrets: ['HOOK_SECRET', 'OLD_SECRET'] } }),
    );
    expect((await attacked.post(signed('msg_1', BODY, { secret: OLD_SECRET }))).status).toBe(202);
    expect((await attacked.post(signed('msg_2', BODY))).status).toBe(202);
    await emptyEvents();
    attacked.on = webhookIsolate();
    await publishHooks(attacked.on, hookOf());
    await attacked.expectRefused(await attacked.post(signed('msg_3', BODY, { secret: OLD_SECRET })));
  });
});

test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
  'the method %s, whether or not the hook exists',
  async (method) => {
    for (const hook of ['reviews', 'nobody']) {
      const response = await send(`/webhooks/${hook}`, { method, headers: signed('msg_1', BODY) }, attacked.on);
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    }
  },
);

describe("what is the administrator's", () => {
  const routes = [
    ['GET', '/webhooks/reviews/deliveries/msg_1'],
    ['GET', '/webhooks/nobody/deliveries/msg_1'],
    ['GET', '/webhooks/reviews/dead'],
    ['POST', '/webhooks/reviews/redeliver'],
  ] as const;

  test.each(routes)('%s %s', async (method, path) => {
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      await attacked.expectRefused(await send(path, { method, headers: { authorization } }, attacked.on));
    }
    await attacked.expectRefused(await send(path, { method }, attacked.on));
    // Where no token is set there is no way in at all.
    const none = webhookIsolate({ WEBHOOK_ADMIN_TOKEN: undefined });
    await attacked.expectRefused(await send(path, { method, headers: { authorization: 'Bearer undefined' } }, none));
  });
});

test('a Worker without the bindings of webhooks says so, and serves the rest', async () => {
  const bare = isolate({ EVENTS: undefined, WEBHOOKS: undefined } as object);
  expect((await postEvent(bare, '/webhooks/reviews', BODY, signed('msg_1', BODY))).status).toBe(500);
  expect((await send('/health', {}, bare)).status).toBe(200);
});
