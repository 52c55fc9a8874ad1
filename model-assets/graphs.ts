// The graphs of a checkpoint's folder, under the file names that exporters give them.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, GraphName, Manifest } from '../shared/model/manifest.ts';

/** For each graph the files that it may be in, the first that is there. */
const FILES: Readonly<Record<GraphName, readonly string[]>> = {
  model: ['model.onnx'],
  encoder: ['encoder_model.onnx'],
  decoder: ['decoder_model_merged.onnx', 'decoder_model.onnx'],
  decoder_with_past: ['decoder_with_past_model.onnx'],
};
const MERGED = 'decoder_model_merged.onnx';

/** Throws where the files do not make up a model. */
export async function readGraphs(folder: string, store: (bytes: Uint8Array) => BlobRef): Promise<Manifest['graphs']> {
  const files = await readdir(folder);
  const names = Object.keys(FILES) as GraphName[];
  const found = names.flatMap((name) => {
    const file = FILES[name].find((each) => files.includes(each));
    // A merged decoder does the other's work too.
    if (!file || (name === 'decoder_with_past' && files.includes(MERGED))) return [];
    return [{ name, file }];
  });
  const has = (name: GraphName) => found.some((each) => each.name === name);
  if (!has('model') && !has('decoder')) {
    throw new Error(`${folder}: there is no model.onnx, nor ${FILES.decoder.join(' or ')}`);
  }
  const graphs: Manifest['graphs'] = {};
  for (const { name, file } of found.filter(({ name }) => !has('model') || name === 'model')) {
    const onnx = store(await readFile(join(folder, file)));
    const externalData: { path: string; blob: BlobRef }[] = [];
    // Weights beside the graph, under the names by which exporters write them and graphs refer to them.
    for (const path of files
      .filter((each) => each.startsWith(`${file}_data`) || each.startsWith(`${file}.data`))
      .sort()) {
      externalData.push({ path, blob: store(await readFile(join(folder, path))) });
    }
    graphs[name] = { onnx, externalData };
  }
  return graphs;
}
