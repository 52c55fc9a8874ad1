// The files of a checkpoint's graphs, with those of the weights that they keep outside.

import { dirname, join } from 'node:path';
import type { GraphName } from '../shared/model/manifest.ts';
import { FileOnDisk, outlineOf } from './engine/outline.ts';
import { readSignature, type Signature } from './engine/signature.ts';
import type { GraphFile } from './layout.ts';
import { isWithin } from './within.ts';

export interface GraphFiles {
  readonly name: GraphName;
  /** Path in the repository. */
  readonly path: string;
  /** The files of its weights: as the graph names them, and in the repository. */
  readonly weights: readonly { readonly name: string; readonly path: string }[];
  readonly signature: Signature;
}

/** The files that a graph is made of. `paths`: of all that there are. Throws where one is not there. */
export async function graphFiles(
  folder: string,
  { name, path }: GraphFile,
  paths: readonly string[],
): Promise<GraphFiles> {
  const signature = readSignature(outlineOf(new FileOnDisk(join(folder, path))));
  const weights = signature.weightFiles.map((each) => {
    const file = besides(path, each);
    if (!paths.includes(file)) throw new Error(`${path} keeps weights in ${file}, which is not there`);
    return { name: each, path: file };
  });
  return { name, path, weights, signature };
}

/** Where a graph's weights lie in the repository. Throws for a path that leads out of the graph's folder. */
function besides(graph: string, weights: string): string {
  if (isWithin(weights)) return join(dirname(graph), weights);
  throw new Error(`${graph} keeps weights in ${weights}; they must lie beside it`);
}
