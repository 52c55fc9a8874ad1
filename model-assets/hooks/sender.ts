// Signs events as each kind of sender does.

import { createHmac, randomUUID } from 'node:crypto';
import type { Hook } from '../../shared/webhooks/hook.ts';

/** The headers of a genuine event. `now`: milliseconds since the epoch. */
export function signedHeaders(hook: Hook, secret: string, body: string, now: number): Record<string, string> {
  const time = String(Math.floor(now / 1000));
  const hex = (content: string) => createHmac('sha256', secret).update(content).digest('hex');
  switch (hook.signature.scheme) {
    case 'standard-webhooks':
      return standardHeaders(secret, `msg_${randomUUID().replaceAll('-', '')}`, body, now);
    case 'github':
      return { 'x-hub-signature-256': `sha256=${hex(body)}` };
    case 'stripe':
      return { 'stripe-signature': `t=${time},v1=${hex(`${time}.${body}`)}` };
    case 'slack':
      return { 'x-slack-request-timestamp': time, 'x-slack-signature': `v0=${hex(`v0:${time}:${body}`)}` };
    case 'bearer':
      return { authorization: `Bearer ${secret}` };
  }
}

/** Standard Webhooks 1.0, `v1`. */
export function standardHeaders(secret: string, id: string, body: string, now: number): Record<string, string> {
  const time = String(Math.floor(now / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` };
}
