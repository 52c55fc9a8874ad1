// Standard Webhooks 1.0 (https://www.standardwebhooks.com): `v1` is HMAC-SHA256, `v1a` ed25519, over `<id>.<timestamp>.<body>`. Secrets are
// `whsec_` (HMAC, base64) or `whpk_` (a public key, base64).

import { type Claim, fromBase64, MAX_SIGNATURES, prefixed, type Scheme, type Signed, toTimestamp } from './scheme.ts';

/** No full stop, as the specification asks: `<id>.<timestamp>.<body>` could be read in two ways. */
const ID = /^[!-\-/-~]{1,255}$/;
/** Of versions to come nothing is known but that their parts are visible; two headers come as one with a comma at the end of an entry. */
const SIGNATURE = /^([A-Za-z0-9_.-]{1,32}),([!-+\--~]+)$/;
const KINDS: Readonly<Record<string, Signed['kind']>> = { v1: 'hmac', v1a: 'ed25519' };

export const standardWebhooks: Scheme = {
  header: 'webhook-signature',
  toKey(secret) {
    if (secret.startsWith('whpk_')) return toKey('ed25519', secret.slice(5), 32);
    return toKey('hmac', secret.startsWith('whsec_') ? secret.slice(6) : secret, 1);
  },
  read(headers, body): Claim | undefined {
    const id = headers.get('webhook-id');
    const time = headers.get('webhook-timestamp');
    const timestamp = toTimestamp(time);
    const signatures = parseSignatures(headers.get('webhook-signature'));
    if (id === null || !ID.test(id) || timestamp === undefined || !signatures) return undefined;
    return { id, timestamp, signatures, content: prefixed(`${id}.${time}.`, body) };
  },
};

/** Versions that are not known are passed over, as the specification asks. */
function parseSignatures(header: string | null): readonly Signed[] | undefined {
  const entries = (header ?? '').split(' ').map((entry) => SIGNATURE.exec(entry));
  if (entries.length > MAX_SIGNATURES) return undefined;
  const signatures: Signed[] = [];
  for (const entry of entries) {
    if (!entry) return undefined;
    const [, version = '', text = ''] = entry;
    const kind = Object.hasOwn(KINDS, version) ? KINDS[version] : undefined;
    const bytes = fromBase64(text);
    if (kind && bytes) signatures.push({ kind, bytes });
  }
  return signatures;
}

function toKey(kind: Signed['kind'], text: string, least: number): Signed | undefined {
  const bytes = fromBase64(text);
  if (!bytes || bytes.byteLength < least || (kind === 'ed25519' && bytes.byteLength !== least)) return undefined;
  return { kind, bytes };
}
