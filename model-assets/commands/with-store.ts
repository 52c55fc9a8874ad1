// Opens the bucket for a command, and closes it after.

import type { ObjectStore } from '../bucket/object-store.ts';
import { openStore } from '../bucket/open-store.ts';
import { Host } from '../host/start-host.ts';
import { stateIn } from '../wrangler-config.ts';
import { textOf, UsageError, type Values } from './command.ts';

export const STORE_OPTIONS = {
  remote: { type: 'boolean', default: false },
  'persist-to': { type: 'string' },
} as const;
/** As `--help` says it, in the column of the others. */
export const STORE_HELP = `--remote   the bucket of your Cloudflare account, by CLOUDFLARE_ACCOUNT_ID (or R2_ENDPOINT), R2_ACCESS_KEY_ID and
             R2_SECRET_ACCESS_KEY, instead of the local one; R2_BUCKET where it is not that of wrangler.toml
  --persist-to  where the local one is, as of wrangler dev; .wrangler/state`;

/** `host`: the process that holds the local one. */
export async function openedStore(values: Values, host: Host): Promise<ObjectStore> {
  const folder = textOf(values, 'persist-to');
  if (values.remote !== true) return openStore(false, host, folder && stateIn(folder));
  if (folder === undefined) return openStore(true, host);
  throw new UsageError('--persist-to is where the local bucket is, and --remote asks for the other');
}

export async function withStore<T>(values: Values, work: (store: ObjectStore, host: Host) => Promise<T>): Promise<T> {
  const host = new Host();
  try {
    return await work(await openedStore(values, host), host);
  } finally {
    await host.close();
  }
}
