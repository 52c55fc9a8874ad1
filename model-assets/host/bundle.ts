// Bundles a Worker as it is deployed, for workerd on this machine.

import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { V4ModuleDefinition as ModuleDefinition } from 'miniflare';
import { ROOT } from '../wrangler-config.ts';

const NOT_NODE = join(ROOT, 'shared', 'runtime', 'not-node.ts');
const WITHOUT_ONNXRUNTIME = join(ROOT, 'shared', 'runtime', 'without-onnxruntime.ts');

/** The Worker's modules: its script, and the wasm files that it imports. `entry`: relative to the project; `isLean`: without onnxruntime-web. */
export async function bundle(entry: string, isLean = false): Promise<ModuleDefinition[]> {
  const { script, wasm } = await bundleScript(entry, isLean);
  return modulesOf({ script, wasm });
}

export interface Bundled {
  readonly script: string;
  /** Paths of the wasm files in the project, by the names under which it imports them. */
  readonly wasm: Readonly<Record<string, string>>;
}

export async function modulesOf({ script, wasm }: Bundled): Promise<ModuleDefinition[]> {
  const files = Object.entries(wasm).map(async ([path, file]): Promise<ModuleDefinition> => {
    return { type: 'CompiledWasm', path, contents: await readFile(join(ROOT, file)) };
  });
  return [{ type: 'ESModule', path: 'worker.js', contents: script }, ...(await Promise.all(files))];
}

/** `inputs`: paths in the project of all files that the script is made of. */
export async function bundleScript(
  entry: string,
  isLean: boolean,
): Promise<Bundled & { readonly inputs: readonly string[] }> {
  // It takes a while to load, and is not always needed.
  const { build } = await import('esbuild');
  const wasm = new Map<string, string>();
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    metafile: true,
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
            wasm.set(basename(path), relative(ROOT, join(resolveDir, path)));
            return { path: `./${basename(path)}`, external: true };
          });
        },
      },
    ],
  });
  return {
    script: outputFiles[0]?.text ?? '',
    wasm: Object.fromEntries(wasm),
    inputs: Object.keys(metafile.inputs),
  };
}
