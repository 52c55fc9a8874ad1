// The bucket of a Cloudflare account, through R2's S3 interface.

import { AwsClient } from 'aws4fetch';
import { Answer, type Exchange, exchange } from '../exchange.ts';
import { reasonOf } from '../reason.ts';
import { PATIENCE, type Patience, persistently, retryAfter, Transient } from '../transient.ts';
import { SLOWEST, type Slowest, Watch } from '../watch.ts';
import { PART } from './multipart.ts';
import { checked, ObjectStore, type SendRequest } from './object-store.ts';

/** Of an empty body. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** A request whose answer is not whole by then, in milliseconds; one that is read as it comes is watched instead. */
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
    `the bucket of your account needs ${missing.join(', ')} in the environment: an R2 API token with "Object Read & Write" for the bucket has them`,
  );
}

/** `slowest`: of objects that are read as they come. */
export function openRemote(account: Account, patience: Patience = PATIENCE, slowest: Slowest = SLOWEST): ObjectStore {
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
    const what = `${method} ${key || bucket}`;
    return exchangeOnce(new URL(signed.url), sent, what, isStream ? new Watch(slowest) : undefined, signal);
  };
  const persistent = async (request: SendRequest) => {
    const response = await persistently(() => send(request), patience);
    return checked(response, `${request.method} ${request.key || bucket}`);
  };
  return new ObjectStore(persistent, 2 * PART, patience);
}

/** `watch`: of an answer that is read as it comes. Throws `Transient` where another attempt may go well. */
async function exchangeOnce(
  url: URL,
  sent: Exchange,
  what: string,
  watch: Watch | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let answer: Answer;
  const ends = [watch?.signal ?? AbortSignal.timeout(TIMEOUT), ...(signal ? [signal] : [])];
  try {
    // An answer that breaks off is asked for again.
    const begun = await exchange(url, { ...sent, signal: AbortSignal.any(ends) });
    answer = watch ? new Answer(begun.status, begun.headers, watched(begun.body, watch)) : await whole(begun);
  } catch (cause) {
    watch?.end();
    if (signal?.aborted) throw new Error(`${what} was given up`, { cause });
    const reason = watch?.isSlow ? watch.reason : reasonOf(cause);
    throw new Transient(`the bucket does not answer ${what} (${reason})`, { cause });
  }
  if (answer.status < 500 && answer.status !== 429) return answer;
  await answer.bytes().catch(() => undefined);
  const wait = retryAfter(answer.headers.get('retry-after'));
  throw new Transient(`the bucket answers ${what} with ${answer.status}`, { wait });
}

async function* watched(body: Answer['body'], watch: Watch): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      watch.see(chunk.byteLength);
      yield chunk;
    }
  } catch (cause) {
    throw watch.isSlow ? new Error(watch.reason, { cause }) : cause;
  } finally {
    watch.end();
  }
}

const whole = async (answer: Answer) => new Answer(answer.status, answer.headers, [await answer.bytes()]);
