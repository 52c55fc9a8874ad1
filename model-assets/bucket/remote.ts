// The bucket of a Cloudflare account, through R2's S3 interface.

import { AwsClient } from 'aws4fetch';
import { Answer, type Exchange, exchange } from '../exchange.ts';
import { reasonOf } from '../reason.ts';
import { PATIENCE, type Patience, persistently, retryAfter, Transient } from '../transient.ts';
import { PART } from './multipart.ts';
import { checked, ObjectStore, type SendRequest } from './object-store.ts';

/** Of an empty body. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** A request of any kind that has no answer by then, in milliseconds. */
const TIMEOUT = 120_000;

export interface Account {
  /** Its scheme and host, and what stands before the bucket. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Throws, with the variables that are missing. `bucket`: where R2_BUCKET does not name another. */
export function accountOf(env: NodeJS.ProcessEnv, bucket: string): Account {
  const account = env.CLOUDFLARE_ACCOUNT_ID;
  const endpoint = env.R2_ENDPOINT ?? (account && `https://${account}.r2.cloudflarestorage.com`);
  const { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (endpoint && accessKeyId && secretAccessKey) {
    return { endpoint, bucket: env.R2_BUCKET ?? bucket, accessKeyId, secretAccessKey };
  }
  const missing = [
    endpoint ? [] : 'CLOUDFLARE_ACCOUNT_ID or R2_ENDPOINT',
    accessKeyId ? [] : 'R2_ACCESS_KEY_ID',
    secretAccessKey ? [] : 'R2_SECRET_ACCESS_KEY',
  ].flat();
  throw new Error(
    `--remote needs ${missing.join(', ')} in the environment: an R2 API token with "Object Read & Write" for the bucket has them`,
  );
}

export function openRemote(account: Account, patience: Patience = PATIENCE): ObjectStore {
  const { accessKeyId, secretAccessKey, endpoint, bucket } = account;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto', retries: 0 });
  const send = async ({
    method,
    key,
    query = {},
    headers = {},
    body,
    sha256 = EMPTY,
    isStream,
    signal,
  }: SendRequest) => {
    const path = [bucket, ...(key ? key.split('/') : [])].map(encodeURIComponent).join('/');
    const url = new URL(`${endpoint.replace(/\/$/, '')}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    // The hash stands for the body, which a signed request would only copy.
    const signed = await client.sign(url.toString(), {
      method,
      headers: { ...headers, 'x-amz-content-sha256': sha256 },
    });
    // Told with each body: an upload whose length is not known is not taken.
    const length = body && { 'content-length': String(body.size) };
    const sent = { method, headers: { ...Object.fromEntries(signed.headers), ...length }, body };
    return exchangeOnce(new URL(signed.url), sent, `${method} ${key || bucket}`, isStream === true, signal);
  };
  const persistent = async (request: SendRequest) => {
    const response = await persistently(() => send(request), patience);
    return checked(response, `${request.method} ${request.key || bucket}`);
  };
  return new ObjectStore(persistent, 2 * PART, patience);
}

/** Throws `Transient` where another attempt may go well. */
async function exchangeOnce(
  url: URL,
  sent: Exchange,
  what: string,
  isStream: boolean,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let answer: Answer;
  const ends = [AbortSignal.timeout(TIMEOUT), ...(signal ? [signal] : [])];
  try {
    // An answer that breaks off is asked for again.
    answer = isStream
      ? await exchange(url, sent)
      : await whole(await exchange(url, { ...sent, signal: AbortSignal.any(ends) }));
  } catch (cause) {
    if (signal?.aborted) throw new Error(`${what} was given up`, { cause });
    throw new Transient(`the bucket does not answer ${what} (${reasonOf(cause)})`, { cause });
  }
  if (answer.status < 500 && answer.status !== 429) return answer;
  await answer.bytes().catch(() => undefined);
  const wait = retryAfter(answer.headers.get('retry-after'));
  throw new Transient(`the bucket answers ${what} with ${answer.status}`, { wait });
}

const whole = async (answer: Answer) => new Answer(answer.status, answer.headers, [await answer.bytes()]);
