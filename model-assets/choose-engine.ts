// Which engine runs a checkpoint: the project's own where its compiler knows every operator, else onnxruntime-web.

import type { BlobRef, Engine, Manifest } from '../shared/model/manifest.ts';
import { compile, type OnnxSource } from './engine/compile.ts';
import { Unsupported } from './engine/unsupported.ts';

/** `wanted`: by whom it is to be run, whatever the compiler says. Throws where that is the project's own engine and it cannot, and for faults of the compiler. */
export function chooseEngine(
  graphs: Manifest['graphs'],
  blobs: ReadonlyMap<string, Uint8Array>,
  store: (bytes: Uint8Array) => BlobRef,
  wanted?: Engine['name'],
): Engine {
  if (wanted === 'onnxruntime-web') return { name: 'onnxruntime-web', reason: 'it was asked for' };
  try {
    const { bytes } = compile(onnxSources(graphs, blobs));
    return { name: 'edge', reason: 'it knows every operator', program: store(bytes) };
  } catch (error) {
    if (wanted === 'edge' || !(error instanceof Unsupported)) throw error;
    return { name: 'onnxruntime-web', reason: error.message };
  }
}

/** The graphs of a checkpoint with their weights. */
export function onnxSources(graphs: Manifest['graphs'], blobs: ReadonlyMap<string, Uint8Array>): OnnxSource[] {
  const bytesOf = ({ sha256 }: BlobRef) => {
    const bytes = blobs.get(sha256);
    if (!bytes) throw new Error(`the checkpoint lacks the bytes of blob ${sha256}`);
    return bytes;
  };
  return Object.entries(graphs).map(([name, { onnx, externalData }]) => ({
    name,
    onnx: bytesOf(onnx),
    externalData: new Map(externalData.map(({ path, blob }) => [path, bytesOf(blob)])),
  }));
}
