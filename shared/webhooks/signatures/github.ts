// GitHub (docs.github.com, "Validating webhook deliveries"): `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 of the body. Neither time nor
// delivery id is signed: `X-GitHub-Delivery` could be anybody's, so an event is known by its body.

import { resolve } from '../pointer.ts';
import { asWritten, fromHex, type Scheme } from './scheme.ts';

const PREFIX = 'sha256=';

export const github: Scheme = {
  header: 'x-hub-signature-256',
  toKey: asWritten,
  read(headers, body) {
    const header = headers.get('x-hub-signature-256') ?? '';
    const bytes = header.startsWith(PREFIX) ? fromHex(header.slice(PREFIX.length)) : undefined;
    return bytes && { content: body, signatures: [{ kind: 'hmac', bytes }] };
  },
  handshake(headers, payload) {
    // The header is not signed: an event is not taken for a ping unless its body is one.
    const isPing = typeof resolve(payload, '/zen') === 'string' && typeof resolve(payload, '/hook_id') === 'number';
    return isPing && headers.get('x-github-event') === 'ping' ? { status: 'pong' } : undefined;
  },
};
