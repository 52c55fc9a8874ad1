// Signs what goes out, as Standard Webhooks 1.0 says: `whsec_` secrets give `v1`, `whsk_` secrets `v1a`.

import { ServiceError } from '../errors.ts';
import { fromBase64, prefixed } from './signatures/scheme.ts';
import { hmac } from './signatures/verify.ts';

/** The three headers. `now`: milliseconds since the epoch. Throws `internal` where no secret can sign, naming none of them. */
export async function signedHeaders(secrets: readonly string[], id: string, now: number, body: Uint8Array) {
  const timestamp = String(Math.floor(now / 1000));
  const content = prefixed(`${id}.${timestamp}.`, body);
  const signatures: string[] = [];
  for (const secret of secrets) signatures.push(await signature(secret, content));
  if (signatures.length === 0) throw new ServiceError('internal', 'none of the secrets of the destination is set');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

async function signature(secret: string, content: Uint8Array): Promise<string> {
  const isPrivateKey = secret.startsWith('whsk_');
  const bytes = fromBase64(secret.replace(/^whs(?:ec|k)_/, ''));
  if (!bytes || bytes.byteLength === 0) {
    throw new ServiceError('internal', 'a secret of the destination is not whsec_ or whsk_ and base64');
  }
  if (!isPrivateKey) return `v1,${toBase64(await hmac(bytes, content))}`;
  // 32 bytes are the seed; 64 are the seed and the public key.
  const seed = bytes.slice(0, 32);
  if (seed.byteLength < 32) throw new ServiceError('internal', 'a whsk_ secret of the destination is too short');
  const pkcs8 = new Uint8Array([...PKCS8_ED25519, ...seed]);
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, false, ['sign']);
  return `v1a,${toBase64(new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, key, content)))}`;
}

/** RFC 8410: what stands before the seed in a private key of Ed25519. */
const PKCS8_ED25519 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
