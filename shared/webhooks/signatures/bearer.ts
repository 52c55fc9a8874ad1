// A plain token (RFC 6750) for senders that sign nothing. It proves who sends, not what: whoever reads one request can send others.

import { type Scheme, utf8 } from './scheme.ts';

const HEADER = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i;

export const bearer: Scheme = {
  header: 'authorization',
  toKey: (secret) => ({ kind: 'token', bytes: utf8.encode(secret) }),
  read(headers, body) {
    const token = HEADER.exec(headers.get('authorization') ?? '')?.[1];
    return token === undefined
      ? undefined
      : { content: body, signatures: [{ kind: 'token', bytes: utf8.encode(token) }] };
  },
};
