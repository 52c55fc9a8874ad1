// The local bucket: the R2 of `wrangler dev`, which runs in workerd in a process of its own (host/) and is spoken to over loopback.

import { streamOf } from '../content.ts';
import { reasonOf } from '../reason.ts';
import { bodyOf, checked, ObjectStore, type SendRequest } from './object-store.ts';

/** More than this is streamed. */
const SMALL = 2 ** 16;

/** `origin`: where local-worker.ts listens. */
export function openLocal(origin: URL): ObjectStore {
  const send = async ({ method, key, query = {}, headers = {}, body }: SendRequest) => {
    const url = new URL(key.split('/').map(encodeURIComponent).join('/'), origin);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const isSmall = !body || body.size <= SMALL;
    const init: RequestInit = {
      method,
      headers: {
        'accept-encoding': 'identity',
        ...headers,
        // Of bytes fetch says it, and twice is once too often for undici, which miniflare puts beneath it.
        ...(body && !isSmall && { 'content-length': String(body.size) }),
      },
      body: isSmall ? (((await bodyOf(body)) as Uint8Array<ArrayBuffer> | undefined) ?? null) : streamOf(body),
      ...(!isSmall && { duplex: 'half' }),
    };
    try {
      return await fetch(url, init);
    } catch (cause) {
      throw new Error(`the local bucket does not answer ${method} ${key} (${reasonOf(cause)})`, { cause });
    }
  };
  return new ObjectStore(
    async (request) => checked(await send(request), `${request.method} ${request.key}`),
    Number.POSITIVE_INFINITY,
  );
}
