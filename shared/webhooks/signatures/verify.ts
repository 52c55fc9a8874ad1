// Tells whether a request is genuine. Whatever is wrong with it, and whether or not its hook exists, the same is computed: the HMAC of the
// content under as many keys, so that nothing can be learned from how long a refusal takes.

import { MAX_SECRETS } from '../hook.ts';
import { type Claim, type Kind, type Scheme, type Signed, utf8 } from './scheme.ts';

export interface Attempt {
  readonly scheme: Scheme;
  /** Secrets of the hook; none where it does not exist. */
  readonly secrets: readonly string[];
  /** Seconds by which a signed time may differ from now. */
  readonly tolerance: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What the request proved; undefined where it proved nothing. */
export async function verify({ scheme, secrets, tolerance, headers, body, now }: Attempt): Promise<Claim | undefined> {
  const read = scheme.read(headers, body);
  const claim: Claim = read ?? { content: body, signatures: [] };
  const keys = secrets.map((secret) => scheme.toKey(secret));
  const [hmac, ed25519, token] = [
    await matchesHmac(claim, padded(keys, 'hmac')),
    await matchesEd25519(claim, padded(keys, 'ed25519')),
    await matchesToken(claim, padded(keys, 'token')),
  ];
  const isFresh = claim.timestamp === undefined || Math.abs(now / 1000 - claim.timestamp) <= tolerance;
  return (hmac || ed25519 || token) && isFresh ? read : undefined;
}

interface Key {
  readonly bytes: Uint8Array;
  /** Whether it is the hook's: what matches another is not genuine. */
  readonly counts: boolean;
}

/** As many keys as a hook may have, those that are missing made up. */
function padded(keys: readonly (Signed | undefined)[], kind: Kind): readonly Key[] {
  const own = keys.flatMap((key) => (key?.kind === kind ? [{ bytes: key.bytes, counts: true }] : []));
  const madeUp = () => ({ bytes: kind === 'ed25519' ? BASE_POINT : random(), counts: false });
  return [...own, ...Array.from({ length: MAX_SECRETS - own.length }, madeUp)];
}

async function matchesHmac(claim: Claim, keys: readonly Key[]): Promise<boolean> {
  let matches = false;
  for (const key of keys) {
    const mac = await hmac(key.bytes, claim.content);
    for (const { kind, bytes } of claim.signatures) {
      if (kind === 'hmac' && equal(mac, bytes) && key.counts) matches = true;
    }
  }
  return matches;
}

async function matchesEd25519(claim: Claim, keys: readonly Key[]): Promise<boolean> {
  let matches = false;
  for (const { kind, bytes } of claim.signatures) {
    if (kind !== 'ed25519' || bytes.byteLength !== 64) continue;
    for (const key of keys) {
      if ((await isSigned(key.bytes, bytes, claim.content)) && key.counts) matches = true;
    }
  }
  return matches;
}

/** HMACs of both under a key of this moment: equal length, and nothing of either to be seen in the time that comparing takes. */
async function matchesToken(claim: Claim, keys: readonly Key[]): Promise<boolean> {
  const salt = random();
  let matches = false;
  for (const { kind, bytes } of claim.signatures) {
    if (kind !== 'token') continue;
    const given = await hmac(salt, bytes);
    for (const key of keys) {
      if (equal(given, await hmac(salt, key.bytes)) && key.counts) matches = true;
    }
  }
  return matches;
}

export async function hmac(key: Uint8Array, content: Uint8Array): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, content));
}

/** Whether a bearer token is the secret, in a time that tells nothing of it. */
export async function isToken(given: string, secret: string): Promise<boolean> {
  const salt = random();
  return equal(await hmac(salt, utf8.encode(given)), await hmac(salt, utf8.encode(secret)));
}

async function isSigned(key: Uint8Array, signature: Uint8Array, content: Uint8Array): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, content);
  } catch {
    // Bytes that are no point of the curve.
    return false;
  }
}

/** Lengths are no secret, so they may be told by the time that it takes. */
const equal = (a: Uint8Array, b: Uint8Array) => a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);

const random = () => crypto.getRandomValues(new Uint8Array(32));

/** A point of edwards25519 that costs what others cost. Anybody can sign for it, so a match with it must never count. */
const BASE_POINT = Uint8Array.from([0x58, ...Array<number>(31).fill(0x66)]);
