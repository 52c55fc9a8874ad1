// No way in by the headers that carry a signature: doubled, missing, or written otherwise than the sender writes them.

import { describe, expect, test } from 'vitest';
import { attackedWorker, BODY } from './attacked.ts';
import { hexHmac, now, signed } from './worker.ts';

const attacked = attackedWorker();

describe('signature headers', () => {
  test('two of them, though both are genuine', async () => {
    const headers = new Headers(signed('msg_1', BODY));
    headers.append('webhook-signature', headers.get('webhook-signature') ?? '');
    await attacked.expectRefused(await attacked.post(headers));
  });

  test.each(['webhook-id', 'webhook-timestamp'])('two of %s', async (name) => {
    const headers = new Headers(signed('msg_1', BODY));
    headers.append(name, headers.get(name) ?? '');
    await attacked.expectRefused(await attacked.post(headers));
  });

  test("two of Stripe's, of Slack's, of GitHub's, two tokens", async () => {
    const at = now();
    const one = (name: string, value: string, more = {}) => {
      const headers = new Headers({ 'content-type': 'application/json', ...more });
      headers.append(name, value);
      return headers;
    };
    const [stripe, slack, github] = [
      `t=${at},v1=${await hexHmac('whsec_test_secret', `${at}.${BODY}`)}`,
      `v0=${await hexHmac('8f742231b10e8888abcd99yyyzzz85a5', `v0:${at}:${BODY}`)}`,
      `sha256=${await hexHmac("It's a Secret to Everybody", BODY)}`,
    ];
    const genuine = [
      ['stripe', one('stripe-signature', stripe)],
      ['slack', one('x-slack-signature', slack, { 'x-slack-request-timestamp': `${at}` })],
      ['github', one('x-hub-signature-256', github)],
      ['form', one('authorization', 'Bearer a-token-of-a-form')],
    ] as const;
    for (const [hook, headers] of genuine) {
      const doubled = new Headers(headers);
      const [name = '', value = ''] = [...headers].find(([key]) => /signature|authorization/.test(key)) ?? [];
      doubled.append(name, value);
      await attacked.expectRefused(await attacked.post(doubled, BODY, `/webhooks/${hook}`));
    }
    for (const [hook, headers] of genuine) {
      expect((await attacked.post(headers, BODY, `/webhooks/${hook}`)).status, hook).toBe(202);
    }
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature', 'content-type'])('without %s', async (name) => {
    const { [name]: _, ...headers } = signed('msg_1', BODY);
    const response = await attacked.post(headers, new TextEncoder().encode(BODY));
    if (name !== 'content-type') await attacked.expectRefused(response);
    else expect(response.status).toBe(415);
  });

  test.each([
    ['nothing', () => ''],
    ['a version that is not known', (s: string) => s.replace('v1,', 'v2,')],
    ['the version of ed25519', (s: string) => s.replace('v1,', 'v1a,')],
    ['no version', (s: string) => s.replace('v1,', '')],
    ['half of it', (s: string) => s.slice(0, 20)],
    ['no padding', (s: string) => s.replace('=', '')],
    ['more padding', (s: string) => `${s}=`],
    ['two spaces', (s: string) => `v1,AAAA  ${s}`],
    ['a comma for the space', (s: string) => `v1,AAAA,${s}`],
    ['a comma after it', (s: string) => `${s},`],
    ['a no-break space before it', (s: string) => `\u00a0${s}`],
    ['a no-break space after it', (s: string) => `${s}\u00a0`],
    ['a tab between', (s: string) => `v1,AAAA\t${s}`],
    ['url-safe letters', (s: string) => s.replaceAll('+', '-').replaceAll('/', '_').replace(/.$/, '-')],
    ['upper case of the version', (s: string) => s.replace('v1', 'V1')],
    ['five signatures', (s: string) => `${'v1,AAAA '.repeat(4)}${s}`],
    ['a thousand signatures', (s: string) => `${'v1,AAAA '.repeat(999)}${s}`],
  ])('%s', async (_, change) => {
    const headers = signed('msg_1', BODY);
    await attacked.expectRefused(
      await attacked.post({ ...headers, 'webhook-signature': change(headers['webhook-signature'] ?? '') }),
    );
  });

  test.each([
    ['a sign', (t: string) => `+${t}`],
    ['a point', (t: string) => `${t}.0`],
    ['a nought before it', (t: string) => `0${t}`],
    ['an exponent', () => '17e8'],
    ['hexadecimal', (t: string) => `0x${Number(t).toString(16)}`],
    ['words after it', (t: string) => `${t} or so`],
    ['a no-break space', (t: string) => `\u00a0${t}`],
    ['superscript digits', (t: string) => `${t.slice(0, -1)}\u00b2`],
    ['milliseconds', (t: string) => `${t}000`],
    ['a negative number', (t: string) => `-${t}`],
  ])('a time with %s', async (_, change) => {
    const headers = signed('msg_1', BODY);
    await attacked.expectRefused(
      await attacked.post({ ...headers, 'webhook-timestamp': change(headers['webhook-timestamp'] ?? '') }),
    );
  });

  test('a genuine signature among others, and white space that HTTP itself takes away', async () => {
    const headers = signed('msg_1', BODY);
    const signature = `v1,AAAA v2,BBBB post-quantum_v1,a-b_c.d:e== ${headers['webhook-signature']}`;
    expect((await attacked.post({ ...headers, 'webhook-signature': ` ${signature} ` })).status).toBe(202);
  });

  test.each([
    ['another scheme', 'Basic a-token-of-a-form'],
    ['two spaces', 'Bearer  a-token-of-a-form'],
    ['a no-break space', 'Bearer\u00a0a-token-of-a-form'],
    ['a beginning', 'Bearer a-token-of-a-for'],
    ['something after it', 'Bearer a-token-of-a-form, x'],
    ['nothing', 'Bearer '],
  ])('a token with %s', async (_, authorization) => {
    await attacked.expectRefused(
      await attacked.post({ 'content-type': 'application/json', authorization }, BODY, '/webhooks/form'),
    );
  });
});
