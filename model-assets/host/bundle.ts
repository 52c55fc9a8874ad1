// Bundles a Worker as it is deployed, for workerd on this machine.

import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import type { V4ModuleDefinition as ModuleDefinition } from 'miniflare';
import { ROOT } from '../wrangler-config.ts';

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
