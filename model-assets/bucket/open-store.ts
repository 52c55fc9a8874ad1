// The bucket that a command is about.

import type { Host } from '../host/start-host.ts';
import { readWranglerConfig, STATE } from '../wrangler-config.ts';
import { openLocal } from './local.ts';
import type { ObjectStore } from './object-store.ts';
import { accountOf, openRemote } from './remote.ts';

/** The local one in `state`, or the account's that the environment names. */
export async function openStore(isRemote: boolean, host: Host, state: string = STATE): Promise<ObjectStore> {
  const { bucket } = readWranglerConfig();
  if (isRemote) return openRemote(accountOf(process.env, bucket));
  const { origin } = await host.ask({ kind: 'bucket', state, bucket });
  return openLocal(new URL(origin));
}
