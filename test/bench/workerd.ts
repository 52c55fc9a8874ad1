// Bundles a Worker and runs it in workerd on loopback, as deployed but for the network.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare, type V4ModuleDefinition as ModuleDefinition } from 'miniflare';
import { openLocal } from '../../model-assets/bucket/local.ts';
import { publish } from '../../model-assets/bucket/publish.ts';
import type { Checkpoint } from '../../model-assets/checkpoint.ts';
import { bundle } from '../../model-assets/host/bundle.ts';
import { startBucket } from '../../model-assets/host/start-bucket.ts';
import { shipped } from '../../model-assets/shipped.ts';
import type { Manifest } from '../../shared/model/manifest.ts';

const BUCKET = 'bench';

export interface Workerd {
  /** The answer's text. Throws where its status is not 200. */
  get(path: string): Promise<string>;
  post(path: string, body: unknown): Promise<Response>;
  /** Where V8's inspector of the Worker listens. */
  inspector(): Promise<URL>;
  close(): Promise<void>;
}

/** What lies in the bucket. */
export async function publishedModels(): Promise<readonly Manifest[]> {
  return (await shipped()).map(({ manifest }) => manifest);
}

/** A model of GET /v1/models. */
interface Listed {
  readonly model: string;
  readonly wasm_bytes: number | null;
}

/** WASM memory of the models that are open, in bytes, as the Worker itself says. */
export async function wasmBytes(workerd: Workerd): Promise<ReadonlyMap<string, number>> {
  const listed: readonly Listed[] = JSON.parse(await workerd.get('/v1/models'));
  return new Map(listed.map(({ model, wasm_bytes }) => [model, wasm_bytes ?? 0]));
}

interface Options {
  /** Published before anything else; the shipped ones. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Variables of the Worker. */
  readonly bindings?: Record<string, string>;
  /** Where the bucket lies, if it is to be kept. */
  readonly folder?: string | undefined;
}

/** Starts the Worker with checkpoints in its bucket. */
export async function start(entry: string, options: Options = {}): Promise<Workerd> {
  return serve(await bundle(entry), options);
}

/** The same from modules that are bundled. */
export async function serve(
  modules: ModuleDefinition[],
  { checkpoints, bindings = {}, folder }: Options = {},
): Promise<Workerd> {
  const state = folder ?? (await mkdtemp(join(tmpdir(), 'bench-bucket-')));
  await fill(state, checkpoints ?? (await shipped()));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules,
      compatibilityDate: '2026-08-01',
      compatibilityFlags: ['enable_request_signal'],
      r2Buckets: { MODELS: BUCKET },
      bindings,
      resourcePersistencePath: state,
      inspectorPort: 0,
      cf: false,
    }),
  );
  const origin = await miniflare.ready;
  return {
    async get(path) {
      const response = await fetch(new URL(path, origin));
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      return text;
    },
    post(path, body) {
      return fetch(new URL(path, origin), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    },
    inspector: () => miniflare.getInspectorURL(),
    async close() {
      await miniflare.dispose();
      if (folder === undefined) await rm(state, { recursive: true });
    },
  };
}

/** Publishes as the tool does. */
async function fill(state: string, checkpoints: readonly Checkpoint[]): Promise<void> {
  const closing: (() => Promise<void>)[] = [];
  const store = openLocal(new URL(await startBucket({ kind: 'bucket', state, bucket: BUCKET }, closing)));
  for (const checkpoint of checkpoints) await publish(store, checkpoint);
  for (const close of closing) await close();
}
