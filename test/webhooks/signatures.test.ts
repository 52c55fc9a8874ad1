// Published vectors of each scheme, the reference library of Standard Webhooks, and node:crypto for ed25519.

import { env } from 'cloudflare:test';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type { SchemeName } from '../../shared/webhooks/hook.ts';
import { signedHeaders } from '../../shared/webhooks/sign.ts';
import { SCHEMES } from '../../shared/webhooks/signatures/schemes.ts';
import { hmac, verify } from '../../shared/webhooks/signatures/verify.ts';
import vectors from './vectors.json';

const utf8 = new TextEncoder();

interface Case {
  readonly scheme: SchemeName;
  readonly secrets: string[];
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly at: number;
}

/** Whether a request is genuine `later` seconds after it was signed. */
async function isGenuine({ scheme, secrets, headers, body, at }: Case, later = 0): Promise<boolean> {
  const attempt = { scheme: SCHEMES[scheme], secrets, tolerance: 300, headers: new Headers(headers) };
  return (await verify({ ...attempt, body: utf8.encode(body), now: (at + later) * 1000 })) !== undefined;
}

const cases = vectors.signed as unknown as (Case & { name: string })[];

describe.each(cases)('$name', (vector) => {
  test('is genuine as published', async () => {
    expect(await isGenuine(vector)).toBe(true);
  });

  test('is not with another body, secret, or any header altered or missing', async () => {
    expect(await isGenuine({ ...vector, body: `${vector.body} ` })).toBe(false);
    expect(await isGenuine({ ...vector, secrets: ['whsec_AAAA'] })).toBe(false);
    expect(await isGenuine({ ...vector, secrets: [] })).toBe(false);
    for (const [name, value] of Object.entries(vector.headers)) {
      const { [name]: _, ...others } = vector.headers;
      expect(await isGenuine({ ...vector, headers: others }), name).toBe(false);
      // Another digit or letter in the place of the middle one; for an id, one more.
      const middle = value.length >> 1;
      const other = value[middle] === '1' ? '2' : '1';
      const altered = `${value.slice(0, middle)}${other}${value.slice(middle + 1)}`;
      expect(await isGenuine({ ...vector, headers: { ...vector.headers, [name]: altered } }), altered).toBe(false);
    }
  });

  test('secrets may be changed one after the other', async () => {
    const stranger = vector.secrets[0]?.startsWith('whpk_') ? `whpk_${'A'.repeat(43)}=` : 'whsec_AAAA';
    expect(await isGenuine({ ...vector, secrets: [stranger, ...vector.secrets] })).toBe(true);
    expect(await isGenuine({ ...vector, secrets: [...vector.secrets, stranger] })).toBe(true);
  });

  test('its time counts where it is signed', async () => {
    const hasTime = vector.scheme !== 'github';
    for (const within of [-300, 299, 300]) expect(await isGenuine(vector, within)).toBe(true);
    for (const beyond of [-301, 301, 86_400]) expect(await isGenuine(vector, beyond)).toBe(!hasTime);
  });
});

test('the token of RFC 6750, section 2.1', async () => {
  const headers = { authorization: 'Bearer mF_9.B5f-4.1JqM' };
  const attempt: Case = { scheme: 'bearer', secrets: ['mF_9.B5f-4.1JqM'], headers, body: '{}', at: 0 };
  expect(await isGenuine(attempt)).toBe(true);
  for (const secrets of [[], ['mF_9.B5f-4.1JqN'], ['mF_9.B5f-4.1Jq'], ['']]) {
    expect(await isGenuine({ ...attempt, secrets })).toBe(false);
  }
});

test.each(vectors.hmac)("Stripe's samples of its HMAC: %o", async ({ key, content, expected }) => {
  const mac = await hmac(utf8.encode(key), utf8.encode(content));
  expect(Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(expected);
});

describe('the reference library', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const bodies = ['{}', '{"text":"Ünïcödé 😀 \\u0000"}', '{"a":"x"}\n', ` {"long":"${'é'.repeat(5000)}"}`];

  test.each(bodies)('what it signs is genuine, %#', async (body) => {
    const at = Math.floor(Date.now() / 1000);
    const signature = new Webhook(secret).sign('msg_1', new Date(at * 1000), body);
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': `${at}`, 'webhook-signature': signature };
    expect(await isGenuine({ scheme: 'standard-webhooks', secrets: [secret], headers, body, at })).toBe(true);
  });

  test.each(bodies)('it verifies what goes out, %#', async (body) => {
    const headers = await signedHeaders([secret], 'msg_2', Date.now(), utf8.encode(body));
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
  });
});

describe('node:crypto', () => {
  const peer = async <T>(path: string, body = ''): Promise<T> => {
    const { PEER } = env as unknown as { PEER: Fetcher };
    return (await PEER.fetch(`http://peer.test${path}`, { method: 'POST', body })).json<T>();
  };
  const at = 1_700_000_000;
  const body = '{"text":"Ünïcödé"}';

  test('what it signs is genuine', async () => {
    const { seed } = await peer<{ seed: string }>('/keys');
    const content = `msg_3.${at}.${body}`;
    const { signature, key } = await peer<{ signature: string; key: string }>(
      `/sign?seed=${encodeURIComponent(seed)}`,
      content,
    );
    const headers = { 'webhook-id': 'msg_3', 'webhook-timestamp': `${at}`, 'webhook-signature': `v1a,${signature}` };
    const attempt: Case = { scheme: 'standard-webhooks', secrets: [`whpk_${key}`], headers, body, at };
    expect(await isGenuine(attempt)).toBe(true);
    expect(await isGenuine({ ...attempt, body: `${body} ` })).toBe(false);
  });

  test('it verifies what goes out', async () => {
    const { seed, key } = await peer<{ seed: string; key: string }>('/keys');
    const headers = await signedHeaders([`whsk_${seed}`], 'msg_4', at * 1000, utf8.encode(body));
    const [version = '', signature = ''] = headers['webhook-signature'].split(',');
    expect(version).toBe('v1a');
    const query = `/verify?key=${encodeURIComponent(key)}&signature=${encodeURIComponent(signature)}`;
    expect(await peer(query, `msg_4.${at}.${body}`)).toEqual({ isGenuine: true });
    expect(await peer(query, `msg_4.${at}.${body} `)).toEqual({ isGenuine: false });
  });
});

test('a signature that anybody can make for the point that stands for missing keys proves nothing', async () => {
  // The base point is the public key of the private scalar 1: with R the base point too, S is 1 + SHA-512(R, A, content).
  const body = '{}';
  const at = 1_700_000_000;
  const base = Uint8Array.from([0x58, ...Array<number>(31).fill(0x66)]);
  const content = utf8.encode(`msg_5.${at}.${body}`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', new Uint8Array([...base, ...base, ...content])));
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const challenge = digest.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) % order;
  let scalar = (1n + challenge) % order;
  const forged = new Uint8Array(64);
  forged.set(base);
  for (let i = 32; i < 64; i++, scalar /= 256n) forged[i] = Number(scalar % 256n);
  // It is a signature, or the test would show nothing.
  const key = await crypto.subtle.importKey('raw', base, { name: 'Ed25519' }, false, ['verify']);
  expect(await crypto.subtle.verify({ name: 'Ed25519' }, key, forged, content)).toBe(true);
  const signature = btoa(String.fromCharCode(...forged));
  const headers = { 'webhook-id': 'msg_5', 'webhook-timestamp': `${at}`, 'webhook-signature': `v1a,${signature}` };
  for (const secrets of [[], ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']]) {
    expect(await isGenuine({ scheme: 'standard-webhooks', secrets, headers, body, at })).toBe(false);
  }
});
