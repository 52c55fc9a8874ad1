// The other process of server.ts: Miniflare around workerd.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare, type V4ModuleDefinition as ModuleDefinition } from 'miniflare';
import type { ServerOptions } from './server.ts';

const { folder, port, bindings }: ServerOptions = JSON.parse(process.argv[2] ?? '');
const listed: readonly Listed[] = JSON.parse(await readFile(join(folder, 'modules.json'), 'utf8'));
const modules = await Promise.all(listed.map(read));
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules,
    compatibilityDate: '2026-08-01',
    compatibilityFlags: ['enable_request_signal'],
    r2Buckets: ['MODELS', 'EVENTS'],
    // As in wrangler.toml.
    queueProducers: { WEBHOOKS: 'webhooks' },
    queueConsumers: { webhooks: { maxBatchSize: 20, maxBatchTimeout: 1, maxRetries: 5 } },
    bindings: { ...bindings },
    resourcePersistencePath: join(folder, 'state'),
    host: '127.0.0.1',
    port,
    cf: false,
    // GET /cdn-cgi/local/scheduled fires the cron.
    unsafeTriggerHandlers: true,
  }),
);
await miniflare.ready;

interface Listed {
  readonly type: 'ESModule' | 'CompiledWasm';
  readonly path: string;
}

async function read({ type, path }: Listed): Promise<ModuleDefinition> {
  const contents = await readFile(join(folder, path));
  return type === 'ESModule' ? { type, path, contents: contents.toString() } : { type, path, contents };
}
