// The local bucket, as wrangler keeps it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { readWranglerConfig } from '../wrangler-config.ts';
import type { BucketRequest } from './protocol.ts';

const WORKER = join(import.meta.dirname, '..', 'bucket', 'local-worker.ts');

/** Where it listens. What is pushed to `closing` ends it. */
export async function startBucket({ state, bucket }: BucketRequest, closing: (() => Promise<void>)[]): Promise<string> {
  const { code } = await transform(await readFile(WORKER, 'utf8'), { loader: 'ts', format: 'esm' });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'bucket.js', contents: code }],
      compatibilityDate: readWranglerConfig().compatibilityDate,
      r2Buckets: { MODELS: bucket },
      resourcePersistencePath: state,
      cf: false,
    }),
  );
  closing.push(() => miniflare.dispose());
  return (await miniflare.ready).href;
}
