// The Hub and the bucket of `npm run bench -- models`, on loopback and in a process of their own: they take as much of the machine as they
// take, and nothing of what is measured. fork(this file, [folder of the checkpoint]).

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubServer } from '../model-assets/servers/hub-server.ts';
import { S3Server } from '../model-assets/servers/s3-server.ts';

/** What it says when it listens. */
export interface Served {
  /** What the tool is started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly account: S3Server['account'];
  /** Where the Hub sends those who want a file. */
  readonly files: readonly string[];
}

export const ID = 'bench/distilbert';

if (process.send) await serve(process.argv[2] ?? '');

async function serve(folder: string): Promise<void> {
  const names = await readdir(folder);
  const read = names.map(async (name) => [name, await readFile(join(folder, name))] as const);
  const hub = await new HubServer(ID, new Map(await Promise.all(read))).start();
  const bucket = await new S3Server().start();
  // Hashes that a Hub has in store are not taken while something is measured.
  await (await fetch(`${hub.endpoint}/api/models/${ID}/revision/main`)).text();
  const served: Served = {
    env: { ...bucket.env, HF_ENDPOINT: hub.endpoint },
    account: bucket.account,
    files: names.map((name) => `${hub.storage}/storage/${name}`),
  };
  process.on('message', () => {
    bucket.objects.clear();
    bucket.uploads.clear();
    bucket.seen.length = 0;
    process.send?.('emptied');
  });
  process.on('disconnect', () => process.exit());
  process.send?.(served);
}
