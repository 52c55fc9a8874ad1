// Stripe (docs.stripe.com/webhooks, "Verify manually"): `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=…][,v0=…]`, HMAC-SHA256 of
// `<t>.<body>`; the key is the secret as it is written, `whsec_` included. The body has the event's id.

import { asWritten, fromHex, MAX_SIGNATURES, prefixed, type Scheme, type Signed, toTimestamp } from './scheme.ts';

const ELEMENT = /^([a-z0-9]{1,8})=([0-9A-Za-z]{1,128})$/;

export const stripe: Scheme = {
  header: 'stripe-signature',
  idPointer: '/id',
  toKey: asWritten,
  read(headers, body) {
    const elements = (headers.get('stripe-signature') ?? '').split(',').map((element) => ELEMENT.exec(element));
    if (elements.length > MAX_SIGNATURES + 1) return undefined;
    const times: string[] = [];
    const signatures: Signed[] = [];
    for (const element of elements) {
      // Two headers come as one with a comma and a space between, which no element has.
      if (!element) return undefined;
      const [, name, value = ''] = element;
      if (name === 't') times.push(value);
      const bytes = name === 'v1' ? fromHex(value) : undefined;
      if (bytes) signatures.push({ kind: 'hmac', bytes });
    }
    const timestamp = times.length === 1 ? toTimestamp(times[0] ?? null) : undefined;
    if (timestamp === undefined) return undefined;
    return { timestamp, signatures, content: prefixed(`${times[0]}.`, body) };
  },
};
