// Runs one request on a model before it is published: in workerd, by the Worker that is deployed, out of the blobs that would be.

import { convertV4MiniflareOptions, Miniflare, Response } from 'miniflare';
import { manifestKey } from '../../shared/model/manifest.ts';
import { type Content, chunksOf } from '../content.ts';
import { readWranglerConfig } from '../wrangler-config.ts';
import { bundle } from './bundle.ts';
import type { TrialRequest } from './protocol.ts';

const ENTRY = 'model-assets/host/trial-worker.ts';

const bundles = new Map<boolean, ReturnType<typeof bundle>>();

function bundled(isLean: boolean): ReturnType<typeof bundle> {
  const known = bundles.get(isLean) ?? bundle(ENTRY, isLean);
  bundles.set(isLean, known);
  return known;
}

/** Bundles the Worker that most trials run in. */
export async function prepare(): Promise<void> {
  await bundled(true);
}

/** What the Worker answers. */
export async function runTrial(
  { manifest, blobs, body }: TrialRequest,
  closing: (() => Promise<void>)[],
): Promise<{ readonly status: number; readonly text: string }> {
  const { compatibilityDate, compatibilityFlags, vars } = readWranglerConfig();
  const objects = new Map<string, Content>(Array.from(blobs, ([sha256, content]) => [`blobs/${sha256}`, content]));
  const json = new TextEncoder().encode(JSON.stringify(manifest));
  objects.set(manifestKey(manifest.name), { size: json.byteLength, source: json });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: await bundled(manifest.engine.name === 'edge'),
      compatibilityDate,
      compatibilityFlags: [...compatibilityFlags],
      bindings: vars,
      serviceBindings: {
        OBJECTS: ({ url }: { url: string }) => toResponse(objects.get(new URL(url).pathname.slice(1))),
      },
      cf: false,
    }),
  );
  closing.push(() => miniflare.dispose());
  const response = await miniflare.dispatchFetch(`http://trial.invalid/models/${manifest.name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  await miniflare.dispose();
  return { status: response.status, text };
}

function toResponse(content: Content | undefined): Response {
  if (!content) return new Response(null, { status: 404 });
  const chunks = chunksOf(content);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value.slice());
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
  return new Response(stream, { headers: { 'content-length': String(content.size) } });
}
