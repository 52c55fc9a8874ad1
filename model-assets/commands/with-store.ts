// Opens the bucket for a command, and closes it after.

import type { ObjectStore } from '../bucket/object-store.ts';
import { openStore } from '../bucket/open-store.ts';
import { Host } from '../host/start-host.ts';
import type { Values } from './command.ts';

/** As `--help` says it, in the column of the others. */
export const REMOTE_OPTION = { remote: { type: 'boolean', default: false } } as const;
export const REMOTE_HELP = `the bucket of your Cloudflare account, by CLOUDFLARE_ACCOUNT_ID (or R2_ENDPOINT), R2_ACCESS_KEY_ID and
             R2_SECRET_ACCESS_KEY, instead of the local one; R2_BUCKET where it is not that of wrangler.toml`;

/** `host`: the process that holds the local one. */
export const openedStore = (values: Values, host: Host): Promise<ObjectStore> =>
  openStore(values.remote === true, host);

export async function withStore<T>(values: Values, work: (store: ObjectStore, host: Host) => Promise<T>): Promise<T> {
  const host = new Host();
  try {
    return await work(await openedStore(values, host), host);
  } finally {
    await host.close();
  }
}
