// The graphs of a checkpoint's folder, with the weights that they keep outside.

import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import type { BlobRef, Manifest } from '../shared/model/manifest.ts';
import { weightFilesOf } from './engine/weight-files.ts';
import { chooseLayout, type Dtype } from './layout.ts';

export interface Graphs {
  readonly graphs: Manifest['graphs'];
  readonly dtype: Dtype;
}

/** Throws where the files do not make up a model. */
export async function readGraphs(
  folder: string,
  wanted: { readonly dtype?: Dtype | undefined; readonly rewrites: boolean },
  store: (bytes: Uint8Array) => BlobRef,
): Promise<Graphs> {
  const paths = await filesIn(folder);
  const layout = chooseLayout(paths, wanted);
  const graphs: Manifest['graphs'] = {};
  for (const { name, path } of layout.graphs) {
    const bytes = await readFile(join(folder, path));
    const externalData: { path: string; blob: BlobRef }[] = [];
    for (const weights of weightFilesOf(bytes)) {
      const file = besides(path, weights);
      if (!paths.includes(file)) throw new Error(`${path} keeps weights in ${file}, which is not there`);
      externalData.push({ path: weights, blob: store(await readFile(join(folder, file))) });
    }
    graphs[name] = { onnx: store(bytes), externalData };
  }
  return { graphs, dtype: layout.dtype };
}

/** Where a graph's weights lie in the repository. Throws for a path that leads out of the graph's folder. */
function besides(graph: string, weights: string): string {
  const path = normalize(weights);
  if (path.startsWith('..') || path.startsWith('/')) {
    throw new Error(`${graph} keeps weights in ${weights}; they must lie beside it`);
  }
  return join(dirname(graph), path);
}

/** Paths of the files of a repository, with slashes; of subfolders only that of the graphs. */
async function filesIn(folder: string): Promise<string[]> {
  const own = await readdir(folder);
  const onnx = own.includes('onnx') ? await readdir(join(folder, 'onnx')) : [];
  return [...own, ...onnx.map((file) => `onnx/${basename(file)}`)];
}
