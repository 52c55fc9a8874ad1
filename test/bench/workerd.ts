// Bundles a Worker and runs it in workerd on loopback, as deployed but for the network.

import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare, type V4ModuleDefinition as ModuleDefinition } from 'miniflare';
import type { Checkpoint } from '../../model-assets/checkpoint.ts';
import { type Bucket, publish } from '../../model-assets/publish.ts';
import { shipped } from '../../model-assets/shipped.ts';
import type { Manifest } from '../../shared/model/manifest.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NOT_NODE = join(ROOT, 'shared', 'runtime', 'not-node.ts');
const WITHOUT_ONNXRUNTIME = join(ROOT, 'shared', 'runtime', 'without-onnxruntime.ts');

/** The Worker's modules: its script, and the wasm files that it imports. `entry`: relative to the project; `isLean`: without onnxruntime-web. */
export async function bundle(entry: string, isLean = false): Promise<ModuleDefinition[]> {
  const wasm = new Map<string, string>();
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
    alias: { module: NOT_NODE, worker_threads: NOT_NODE, ...(isLean && { '#onnxruntime': WITHOUT_ONNXRUNTIME }) },
    plugins: [
      {
        name: 'wasm-modules',
        setup(context) {
          context.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            wasm.set(basename(path), join(resolveDir, path));
            return { path: `./${basename(path)}`, external: true };
          });
        },
      },
    ],
  });
  const script: ModuleDefinition = { type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' };
  const modules = Array.from(wasm, async ([path, file]): Promise<ModuleDefinition> => {
    return { type: 'CompiledWasm', path, contents: await readFile(file) };
  });
  return [script, ...(await Promise.all(modules))];
}

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
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules,
      compatibilityDate: '2026-08-01',
      compatibilityFlags: ['enable_request_signal'],
      r2Buckets: ['MODELS'],
      bindings,
      ...(folder !== undefined && { resourcePersistencePath: folder }),
      inspectorPort: 0,
      cf: false,
    }),
  );
  const bucket = (await miniflare.getR2Bucket('MODELS')) as unknown as Bucket;
  for (const checkpoint of checkpoints ?? (await shipped())) await publish(bucket, checkpoint);
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
    close: () => miniflare.dispose(),
  };
}
