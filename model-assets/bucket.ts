// Opens the R2 bucket of wrangler.toml from Node: the local one that `wrangler dev` serves from, or the account's.

import { join } from 'node:path';
import { getPlatformProxy } from 'wrangler';
import type { Bucket } from './publish.ts';

const CONFIG = join(import.meta.dirname, '..', 'wrangler.toml');

export async function openBucket(remote: boolean): Promise<{ bucket: Bucket; close(): Promise<void> }> {
  // Otherwise wrangler asks a server for the location of this machine, which no bucket needs.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
  const { env, dispose } = await getPlatformProxy<{ MODELS: Bucket }>({
    configPath: CONFIG,
    ...(remote && { environment: 'remote' }),
    remoteBindings: remote,
  });
  return { bucket: env.MODELS, close: dispose };
}
