// Checks signatures of AWS Signature Version 4 as a server does, by the documentation and not by the client's code.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const KEY_ID = 'test-key-id';
export const SECRET = 'test-secret';
const FIFTEEN_MINUTES = 15 * 60_000;

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Uint8Array, data: string) => createHmac('sha256', key).update(data).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The code of the error with which a server refuses; undefined where the request is signed as it should be. */
export function signatureFault(request: IncomingMessage, body: Uint8Array): string | undefined {
  const { authorization = '', host = '' } = request.headers;
  const header = (name: string) => String(request.headers[name] ?? '');
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/auto\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (!parts) return 'AccessDenied';
  const [, id, day = '', names = '', signature] = parts;
  if (id !== KEY_ID) return 'InvalidAccessKeyId';
  const stamp = header('x-amz-date');
  const time = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!stamp.startsWith(day) || Math.abs(Date.now() - time) > FIFTEEN_MINUTES) return 'RequestTimeTooSkewed';
  const signed = names.split(';');
  const wanted = ['host', ...Object.keys(request.headers).filter((name) => /^(x-amz-|if-)/.test(name))];
  if (wanted.some((name) => !signed.includes(name))) return 'AccessDenied';
  // Payloads that are not signed could be altered on the way.
  if (header('x-amz-content-sha256') !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const url = new URL(request.url ?? '/', `http://${host}`);
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const path = url.pathname
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/');
  const canonical = [
    request.method,
    path,
    query.join('&'),
    ...signed.map((name) => `${name}:${header(name).trim().replace(/\s+/g, ' ')}`),
    '',
    names,
    header('x-amz-content-sha256'),
  ].join('\n');
  const scope = `${day}/auto/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  const key = ['auto', 's3', 'aws4_request'].reduce<Uint8Array>(hmac, hmac(`AWS4${SECRET}`, day));
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
