// Slack (docs.slack.dev, "Verifying requests from Slack"): `X-Slack-Signature: v0=<hex>`, HMAC-SHA256 of `v0:<timestamp>:<body>`. Events of
// the Events API have an id in their body.

import { resolve } from '../pointer.ts';
import { asWritten, fromHex, prefixed, type Scheme, toTimestamp } from './scheme.ts';

export const slack: Scheme = {
  header: 'x-slack-signature',
  idPointer: '/event_id',
  toKey: asWritten,
  read(headers, body) {
    const time = headers.get('x-slack-request-timestamp');
    const timestamp = toTimestamp(time);
    const header = headers.get('x-slack-signature') ?? '';
    const bytes = header.startsWith('v0=') ? fromHex(header.slice(3)) : undefined;
    if (timestamp === undefined || !bytes) return undefined;
    return { timestamp, signatures: [{ kind: 'hmac', bytes }], content: prefixed(`v0:${time}:`, body) };
  },
  handshake(_headers, payload) {
    const challenge = resolve(payload, '/challenge');
    const isHandshake = resolve(payload, '/type') === 'url_verification' && typeof challenge === 'string';
    return isHandshake ? { challenge } : undefined;
  },
};
