// Which engine runs a checkpoint: the project's own where its compiler knows every operator and the engine's checks pass what it wrote, else
// onnxruntime-web.

import { join } from 'node:path';
import type { BlobRef, Engine, Manifest } from '../shared/model/manifest.ts';
import {
  type Program,
  STEP_ATTENTION_I8,
  STEP_LINEAR,
  type Step,
  WEIGHTS_I4,
} from '../shared/runtime/engine/program.ts';
import { type Content, inFile, inMemory } from './content.ts';
import { checkCompiled } from './engine/check-compiled.ts';
import { compile, compileInto, type OnnxSource, type Precision } from './engine/compile.ts';
import { Image } from './engine/image.ts';
import { FileOnDisk, OWN_FILE, outlineOf, type WeightFile } from './engine/outline.ts';
import { Unsupported } from './engine/unsupported.ts';
import { ImageFile } from './image-file.ts';

export interface EngineChoice {
  /** By whom it is to be run, whatever the compiler says. */
  readonly wanted?: Engine['name'] | undefined;
  /** How the project's own computes it. */
  readonly precision?: Precision;
  /** A folder for the program, which else is kept in memory. */
  readonly scratch?: string | undefined;
}

/** Takes what is to be published; `sha256`: where it is known. */
export type Store = (content: Content, sha256?: string) => Promise<BlobRef>;

/** Throws where the project's own engine is wanted and cannot run the graphs, and for faults of the compiler. */
export async function chooseEngine(
  graphs: Manifest['graphs'],
  blobs: ReadonlyMap<string, Content>,
  store: Store,
  { wanted, precision = {}, scratch }: EngineChoice = {},
): Promise<Engine> {
  if (wanted === 'onnxruntime-web') return { name: 'onnxruntime-web', reason: 'it was asked for' };
  const sources = onnxSources(graphs, blobs);
  try {
    const made = scratch === undefined ? inOneGo(sources, precision) : await compileToFile(sources, precision, scratch);
    const program = await store(made.content, made.sha256);
    return { name: 'edge', reason: 'it knows every operator', ...precisionOf(made.program), program };
  } catch (error) {
    if (wanted === 'edge' || !(error instanceof Unsupported)) throw error;
    return { name: 'onnxruntime-web', reason: error.message };
  }
}

interface Made {
  readonly program: Program;
  readonly content: Content;
  readonly sha256?: string;
}

/** What is in it, whatever was asked for: some graphs have no attention that reads a text as a whole, or no large weights. */
function precisionOf({ functions }: Program): { readonly attention?: 'int8'; readonly weights?: 'int4' } {
  const has = (wanted: (step: Step) => boolean) => functions.some(({ steps }) => steps.some(wanted));
  return {
    ...(has(({ kind }) => kind === STEP_ATTENTION_I8) && { attention: 'int8' }),
    ...(has(({ kind, words }) => kind === STEP_LINEAR && words[4] === WEIGHTS_I4) && { weights: 'int4' }),
  };
}

function inOneGo(sources: readonly OnnxSource[], precision: Precision): Made {
  const compiled = compile(sources, precision);
  checkCompiled(compiled);
  return { program: compiled.program, content: inMemory(compiled.bytes) };
}

async function compileToFile(sources: readonly OnnxSource[], precision: Precision, folder: string): Promise<Made> {
  const image = new ImageFile(join(folder, 'image'));
  try {
    const compiled = await compileInto(new Image(image), sources, precision);
    checkCompiled(compiled);
    const { sha256 } = await image.writeBehind(compiled.front, join(folder, 'program'));
    return { program: compiled.program, content: await inFile(join(folder, 'program')), sha256 };
  } finally {
    await image.close();
  }
}

/** The graphs of a checkpoint with their weights. */
export function onnxSources(graphs: Manifest['graphs'], blobs: ReadonlyMap<string, Content>): OnnxSource[] {
  const fileOf = ({ sha256 }: BlobRef): WeightFile => {
    const source = blobs.get(sha256)?.source;
    if (!source) throw new Error(`the checkpoint lacks the bytes of blob ${sha256}`);
    return source instanceof Uint8Array ? source : new FileOnDisk(source.path);
  };
  return Object.entries(graphs).map(([name, { onnx, externalData }]) => {
    const file = fileOf(onnx);
    const weights = externalData.map(({ path, blob }) => [path, fileOf(blob)] as const);
    return { name, onnx: outlineOf(file), externalData: new Map([...weights, [OWN_FILE, file]]) };
  });
}
