// Answers in the response, handshakes, events that a hook does not mean, forms, and where results may go beside a URL.

import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import goldens from '../fixtures/tiny-bert/goldens.json';
import { publishTinyBert } from '../http/worker.ts';
import {
  emptyEvents,
  hexHmac,
  hookOf,
  now,
  postEvent,
  postReview,
  publishHooks,
  runClock,
  runQueue,
  showEvent,
  type TestEnv,
  webhookIsolate,
} from './worker.ts';

let on: TestEnv;

beforeAll(async () => void (await publishTinyBert()));
beforeEach(async () => {
  await emptyEvents();
  on = webhookIsolate();
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ok'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const token = { 'content-type': 'application/json', authorization: 'Bearer a-token-of-a-form' };
const bearer = { scheme: 'bearer', secrets: ['FORM_TOKEN'] };

describe('the mode sync', () => {
  const sync = (changes: object = {}) => hookOf({ mode: 'sync', else: 'answer', destinations: {}, ...changes });

  test('answers with the classification that the task gives, and nothing goes out', async () => {
    await publishHooks(on, sync());
    const { inputs, expected = [] } = goldens.cases.find(({ inputs: text }) => typeof text === 'string') ?? {};
    const response = await postReview(on, 'msg_1', { text: inputs });
    expect(response.status).toBe(200);
    const answer = await response.json<{ results: { label: string; score: number }[][] }>();
    expect(answer).toMatchObject({ id: 'msg_1', model: 'tiny-bert', rule: null, to: 'answer' });
    expect(answer.results[0]?.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
    expect(await showEvent(on, 'msg_1')).toMatchObject({ state: 'settled' });
    expect(on.sent).toEqual([]);
    expect((await on.EVENTS.list({ prefix: 'due/' })).objects).toEqual([]);
  });

  test('gives a repeat the first answer, though the model is another by then', async () => {
    await publishHooks(on, sync());
    const first = await (await postReview(on, 'msg_2')).text();
    await publishTinyBert({ revision: 'another', id2label: ['OTHER', 'LABELS'] });
    expect(await (await postReview(on, 'msg_2', { text: 'another text' })).text()).toBe(first);
    const fresh = await (await postReview(on, 'msg_3')).text();
    await publishTinyBert();
    expect(fresh).toContain('OTHER');
  });

  test('of several at once all get the same answer', async () => {
    await publishHooks(on, sync());
    const answers = await Promise.all(Array.from({ length: 6 }, async () => (await postReview(on, 'msg_4')).text()));
    expect(new Set(answers).size).toBe(1);
  });

  test('delivers too, where a rule says so', async () => {
    await publishHooks(on, hookOf({ mode: 'sync', rules: [{ label: 'NO_SUCH_LABEL', to: 'answer' }] }));
    expect(await (await postReview(on, 'msg_5')).json()).toMatchObject({ to: 'inbox' });
    await runQueue(on);
    expect(fetch).toHaveBeenCalledOnce();
    expect(await showEvent(on, 'msg_5')).toMatchObject({ state: 'delivered' });
  });

  test('stores nothing where the model does not answer, so that the sender may repeat it', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await publishHooks(on, sync({ model: 'no-such-model' }));
    expect((await postReview(on, 'msg_6')).status).toBe(404);
    await publishHooks(on, sync());
    on = webhookIsolate();
    expect((await postReview(on, 'msg_6')).status).toBe(200);
  });
});

describe('an event that cannot be classified', () => {
  test('because its text is too long is dead, and says so', async () => {
    await publishHooks(on, hookOf());
    await postReview(on, 'msg_10', { text: 'a '.repeat(70) });
    await runQueue(on);
    expect(await showEvent(on, 'msg_10')).toMatchObject({
      state: 'dead',
      attempts: [{ outcome: expect.stringContaining('has 72 tokens; this model takes 64') }],
    });
  });

  test('because no model is there is tried again', async () => {
    await publishHooks(on, hookOf({ model: 'no-such-model' }));
    await postReview(on, 'msg_11');
    await runQueue(on);
    expect(await showEvent(on, 'msg_11')).toMatchObject({ state: 'retrying', tries: 1 });
  });

  test('because its hook is gone is tried on the usual schedule', async () => {
    await publishHooks(on, hookOf());
    await postReview(on, 'msg_12');
    await publishHooks(on);
    on = webhookIsolate({ sent: on.sent, WEBHOOKS: on.WEBHOOKS });
    await runQueue(on);
    expect(await showEvent(on, 'msg_12')).toMatchObject({
      state: 'retrying',
      tries: 1,
      attempts: [{ outcome: 'there is no hook reviews any more' }],
    });
  });

  test('because the parameters of the hook are none of the task is kept, and tried again once the hook is mended', async () => {
    await publishHooks(on, hookOf({ parameters: { candidate_labels: ['a'] } }));
    expect((await postReview(on, 'msg_13')).status).toBe(202);
    await runQueue(on);
    expect(await showEvent(on, 'msg_13')).toMatchObject({
      state: 'retrying',
      attempts: [
        { outcome: expect.stringContaining('hook reviews is to be mended: parameters has no candidate_labels') },
      ],
    });
    await publishHooks(on, hookOf());
    vi.setSystemTime(Date.now() + 10_000);
    await runQueue(on);
    expect(await showEvent(on, 'msg_13')).toMatchObject({ state: 'delivered' });
  });
});

test('a rule that leads nowhere ends an event without a delivery', async () => {
  await publishHooks(on, hookOf({ rules: [{ score: 0, to: 'nothing' }] }));
  await postReview(on, 'msg_20');
  await runQueue(on);
  expect(await showEvent(on, 'msg_20')).toMatchObject({ state: 'settled', result: { rule: 0, to: 'nothing' } });
  expect(fetch).not.toHaveBeenCalled();
  expect((await on.EVENTS.list({ prefix: 'due/' })).objects).toEqual([]);
});

test('a destination may be a queue', async () => {
  const send = vi.fn(async (_message: unknown) => undefined);
  on = webhookIsolate({ RESULTS: { send } });
  await publishHooks(on, hookOf({ destinations: { inbox: { queue: 'RESULTS' } } }));
  await postReview(on, 'msg_21');
  await runQueue(on);
  expect(send.mock.calls[0]?.[0]).toMatchObject({ type: 'text.classified', data: { event_id: 'msg_21' } });
  expect(await showEvent(on, 'msg_21')).toMatchObject({
    state: 'delivered',
    attempts: [{ outcome: 'put on RESULTS' }],
  });
  // More than a message may have is said at once, not tried for days as if the queue were away.
  await publishHooks(on, hookOf({ fields: { all: '/all' }, destinations: { inbox: { queue: 'RESULTS' } } }));
  await postReview(on, 'msg_22', { text: 'I love it', all: 'x'.repeat(128_000) });
  await runQueue(on);
  expect(send).toHaveBeenCalledOnce();
  expect(await showEvent(on, 'msg_22')).toMatchObject({
    state: 'dead',
    attempts: [{ outcome: expect.stringContaining('a message on a queue 127000') }],
  });
  // One that is no binding, or no queue.
  for (const queue of ['MISSING', 'RECEIVER_SECRET']) {
    await publishHooks(on, hookOf({ destinations: { inbox: { queue } } }));
    await postReview(on, `msg_${queue}`);
    await runQueue(on);
    expect(await showEvent(on, `msg_${queue}`)).toMatchObject({
      state: 'retrying',
      attempts: [{ outcome: `the Worker has no queue ${queue}` }],
    });
  }
});

describe('a handshake', () => {
  test("GitHub's ping", async () => {
    await publishHooks(on, hookOf({ name: 'github', signature: { scheme: 'github', secrets: ['GITHUB_SECRET'] } }));
    const body = '{"zen":"Design for failure.","hook_id":1}';
    const signature = `sha256=${await hexHmac("It's a Secret to Everybody", body)}`;
    const headers = { 'content-type': 'application/json', 'x-github-event': 'ping', 'x-hub-signature-256': signature };
    const response = await postEvent(on, '/webhooks/github', body, headers);
    expect([response.status, await response.json()]).toEqual([200, { status: 'pong' }]);
    expect((await postEvent(on, '/webhooks/github', `${body} `, headers)).status).toBe(401);
  });

  test("Slack's url_verification", async () => {
    await publishHooks(on, hookOf({ name: 'slack', signature: { scheme: 'slack', secrets: ['SLACK_SECRET'] } }));
    const body = '{"token":"x","challenge":"3eZbrw1aB10","type":"url_verification"}';
    const at = `${now()}`;
    const signature = `v0=${await hexHmac('8f742231b10e8888abcd99yyyzzz85a5', `v0:${at}:${body}`)}`;
    const headers = {
      'content-type': 'application/json',
      'x-slack-request-timestamp': at,
      'x-slack-signature': signature,
    };
    const response = await postEvent(on, '/webhooks/slack', body, headers);
    expect([response.status, await response.json()]).toEqual([200, { challenge: '3eZbrw1aB10' }]);
    expect(
      (await postEvent(on, '/webhooks/slack', body, { ...headers, 'x-slack-signature': `v0=${'0'.repeat(64)}` }))
        .status,
    ).toBe(401);
  });
});

test('what a hook does not mean is answered and forgotten', async () => {
  await publishHooks(on, hookOf({ when: { '/action': ['opened'] } }));
  const response = await postReview(on, 'msg_30', { action: 'closed', text: 'a' });
  expect([response.status, await response.json()]).toEqual([200, { status: 'ignored' }]);
  expect((await on.EVENTS.list()).objects).toEqual([]);
  expect((await postReview(on, 'msg_30', { action: 'opened', text: 'a' })).status).toBe(202);
});

test('a repeat gets the first answer though the hook has changed meanwhile so that it would not take the event now', async () => {
  for (const mode of ['sync', 'async'] as const) {
    const original = {
      mode,
      signature: bearer,
      rules: [{ score: 0, to: mode === 'sync' ? 'answer' : 'nothing' }],
      id: '/number',
    };
    await publishHooks(on, hookOf(original));
    const post = () => postEvent(on, '/webhooks/reviews', JSON.stringify({ number: mode, text: 'I love it' }), token);
    const first = await post();
    expect(first.status).toBe(mode === 'sync' ? 200 : 202);
    await publishHooks(on, hookOf({ ...original, text: '/elsewhere' }));
    const again = await post();
    expect(again.status).toBe(first.status);
    expect(await again.json()).toEqual(await first.json());
  }
});

describe('the id of an event', () => {
  test('is what the signed body says, where the hook names it', async () => {
    await publishHooks(on, hookOf({ signature: bearer, id: '/submission' }));
    const post = async (payload: object) => {
      const response = await postEvent(on, '/webhooks/reviews', JSON.stringify(payload), token);
      return [response.status, (await response.json<{ id?: string }>()).id];
    };
    expect(await post({ submission: 'a1', text: 'x' })).toEqual([202, 'a1']);
    expect(await post({ submission: 17, text: 'x' })).toEqual([202, '17']);
    // What no header can carry, or would be read in two ways, is known by its hash.
    expect((await post({ submission: 'ä.b', text: 'x' }))[1]).toMatch(/^id_[0-9a-f]{64}$/);
    expect((await post({ text: 'x' }))[0]).toBe(422);
    // Two that JavaScript reads as one, and one with a dot.
    for (const submission of ['1234567890123456789', '1.5']) {
      const body = `{"submission": ${submission}, "text": "x"}`;
      expect((await postEvent(on, '/webhooks/reviews', body, token)).status, submission).toBe(422);
    }
  });

  test('is the hash of the body where nobody names one', async () => {
    await publishHooks(on, hookOf({ signature: bearer }));
    const ids = new Set<string>();
    for (const text of ['a', 'a', 'b']) {
      const response = await postEvent(on, '/webhooks/reviews', JSON.stringify({ text }), token);
      ids.add((await response.json<{ id: string }>()).id);
    }
    expect([...ids]).toEqual([expect.stringMatching(/^body_[0-9a-f]{64}$/), expect.stringMatching(/^body_/)]);
  });
});

test('a form is a payload of texts', async () => {
  await publishHooks(on, hookOf({ signature: bearer, text: '/message', fields: { from: '/email' } }));
  const body = 'email=a%40example.com&message=I+love+it&__proto__=x';
  const headers = { ...token, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  expect((await postEvent(on, '/webhooks/reviews', body, headers)).status).toBe(202);
  await runQueue(on);
  const [, init] = vi.mocked(fetch).mock.calls[0] ?? [];
  expect(JSON.parse(new TextDecoder().decode(init?.body as Uint8Array)).data.fields).toEqual({ from: 'a@example.com' });
  expect(
    (await postEvent(on, '/webhooks/reviews', body, { ...token, 'content-type': 'multipart/form-data' })).status,
  ).toBe(415);
});

test('a hook that is damaged is left out, the others serve, and the log says why', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await publishHooks(on, { ...hookOf(), name: 'broken', surprise: 1 }, hookOf());
  expect((await postReview(on, 'msg_40')).status).toBe(202);
  expect(error).toHaveBeenCalledWith(expect.stringContaining('hook broken is left out: the body has no surprise'));
  await on.MODELS.put('webhooks.json', 'no JSON');
  expect((await postReview(webhookIsolate(), 'msg_41')).status).toBe(500);
});

test('the clock of a Worker that has no events does nothing', async () => {
  await runClock(on);
  expect((await on.EVENTS.list()).objects).toEqual([]);
});
