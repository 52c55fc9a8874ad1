// Reads what opening the model reads from R2, then from the cache.

import type { Env } from '../../../shared/http/settings.ts';
import { Meter } from '../../../shared/meter.ts';
import { readBlob } from '../../../shared/model/blobs.ts';
import { manifestKey, openedBlobsOf, parseManifest, totalBytes } from '../../../shared/model/manifest.ts';

export default {
  async fetch(_: Request, { MODELS: bucket }: Env): Promise<Response> {
    const manifest = parseManifest('minilm-sst2', (await (await bucket.get(manifestKey('minilm-sst2')))?.text()) ?? '');
    const blobs = openedBlobsOf(manifest);
    for (const { sha256 } of blobs) await caches.default.delete(`https://blobs.invalid/${sha256}`);
    const read = async () => {
      const writes: Promise<unknown>[] = [];
      const source = {
        bucket,
        cache: caches.default,
        meter: new Meter(),
        waitUntil: (write: Promise<unknown>) => void writes.push(write),
      };
      const started = Date.now();
      for (const blob of blobs) await readBlob(source, blob);
      const took = Date.now() - started;
      await Promise.all(writes);
      return took;
    };
    return Response.json({ bytes: totalBytes(manifest), r2: await read(), cache: await read() });
  },
};
