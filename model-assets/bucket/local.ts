// The local bucket: the R2 of `wrangler dev`, which runs in workerd in a process of its own (host/) and is spoken to over loopback.

import { exchange } from '../exchange.ts';
import { reasonOf } from '../reason.ts';
import { checked, ObjectStore, type SendRequest } from './object-store.ts';

/** `origin`: where local-worker.ts listens. */
export function openLocal(origin: URL): ObjectStore {
  const send = async ({ method, key, query = {}, headers = {}, body }: SendRequest) => {
    const url = new URL(key.split('/').map(encodeURIComponent).join('/'), origin);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const length = body && { 'content-length': String(body.size) };
    try {
      // A connection of its own: workerd may end one that was idle just when it is used again.
      return await exchange(url, { method, headers: { ...headers, ...length }, body, agent: false });
    } catch (cause) {
      throw new Error(`the local bucket does not answer ${method} ${key} (${reasonOf(cause)})`, { cause });
    }
  };
  return new ObjectStore(
    async (request) => checked(await send(request), `${request.method} ${request.key}`),
    Number.POSITIVE_INFINITY,
  );
}
