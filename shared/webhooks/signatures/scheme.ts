// What the schemes of signatures have in common. A scheme reads headers strictly and names what was signed; it computes nothing and
// compares nothing: verify.ts does, for all of them.

export type Kind = 'hmac' | 'ed25519' | 'token';

export interface Signed {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
}

/** What a request claims of itself. */
export interface Claim {
  /** The bytes that were signed. */
  readonly content: Uint8Array;
  readonly signatures: readonly Signed[];
  /** Seconds since the epoch, where the scheme signs them. */
  readonly timestamp?: number;
  /** Of the event, where the scheme signs one. */
  readonly id?: string;
}

export interface Scheme {
  /** The header by which its requests are known. */
  readonly header: string;
  /** Where the signed body has the id of the event. */
  readonly idPointer?: string;
  /** The key that a secret is; undefined where it is none. */
  toKey(secret: string): Signed | undefined;
  /** Undefined where a header is missing, doubled, or not as the scheme writes it to the letter. */
  read(headers: Headers, body: Uint8Array): Claim | undefined;
  /** The answer to a payload by which the sender only tries the address; undefined for all others. */
  handshake?(headers: Headers, payload: unknown): Record<string, string> | undefined;
}

/** More than any sender sends while it changes secrets; bounds the work of a request. */
export const MAX_SIGNATURES = 4;

export const utf8 = new TextEncoder();

/** `head` in UTF-8, and the body. */
export function prefixed(head: string, body: Uint8Array): Uint8Array {
  const start = utf8.encode(head);
  const content = new Uint8Array(start.byteLength + body.byteLength);
  content.set(start);
  content.set(body, start.byteLength);
  return content;
}

/** 32 bytes of 64 lower-case hexadecimal digits, as the senders write them; undefined for anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{64}$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Bytes of base64 with its padding; undefined for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined;
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** Seconds since the epoch in plain digits; undefined for anything else. */
export const toTimestamp = (text: string | null): number | undefined =>
  text !== null && /^[0-9]{1,12}$/.test(text) ? Number(text) : undefined;

/** A secret that is used as it is written. */
export const asWritten = (secret: string): Signed => ({ kind: 'hmac', bytes: utf8.encode(secret) });
