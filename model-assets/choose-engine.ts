// Which engine runs a checkpoint: the project's own where its compiler knows every operator, else onnxruntime-web.

import { join } from 'node:path';
import type { BlobRef, Engine, Manifest } from '../shared/model/manifest.ts';
import { bytesOf, type Content, inFile, inMemory } from './content.ts';
import { compile, compileInto, type OnnxSource } from './engine/compile.ts';
import { Image } from './engine/image.ts';
import { Unsupported } from './engine/unsupported.ts';
import { ImageFile } from './image-file.ts';

export interface EngineChoice {
  /** By whom it is to be run, whatever the compiler says. */
  readonly wanted?: Engine['name'] | undefined;
  /** A folder for the program, which else is kept in memory. */
  readonly scratch?: string | undefined;
}

/** Throws where the project's own engine is wanted and cannot run the graphs, and for faults of the compiler. */
export async function chooseEngine(
  graphs: Manifest['graphs'],
  blobs: ReadonlyMap<string, Content>,
  store: (content: Content) => Promise<BlobRef>,
  { wanted, scratch }: EngineChoice = {},
): Promise<Engine> {
  if (wanted === 'onnxruntime-web') return { name: 'onnxruntime-web', reason: 'it was asked for' };
  const sources = await onnxSources(graphs, blobs);
  try {
    const program = scratch === undefined ? inMemory(compile(sources).bytes) : await compileToFile(sources, scratch);
    return { name: 'edge', reason: 'it knows every operator', program: await store(program) };
  } catch (error) {
    if (wanted === 'edge' || !(error instanceof Unsupported)) throw error;
    return { name: 'onnxruntime-web', reason: error.message };
  }
}

async function compileToFile(sources: readonly OnnxSource[], folder: string): Promise<Content> {
  const image = new ImageFile(join(folder, 'image'));
  try {
    const { front } = compileInto(new Image(image), sources);
    await image.writeBehind(front, join(folder, 'program'));
    return await inFile(join(folder, 'program'));
  } finally {
    await image.close();
  }
}

/** The graphs of a checkpoint with their weights. */
export async function onnxSources(
  graphs: Manifest['graphs'],
  blobs: ReadonlyMap<string, Content>,
): Promise<OnnxSource[]> {
  const read = async ({ sha256 }: BlobRef) => {
    const content = blobs.get(sha256);
    if (!content) throw new Error(`the checkpoint lacks the bytes of blob ${sha256}`);
    return bytesOf(content);
  };
  const sources: OnnxSource[] = [];
  for (const [name, { onnx, externalData }] of Object.entries(graphs)) {
    const weights = new Map<string, Uint8Array>();
    for (const { path, blob } of externalData) weights.set(path, await read(blob));
    sources.push({ name, onnx: await read(onnx), externalData: weights });
  }
  return sources;
}
