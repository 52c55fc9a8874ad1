// Reads a checkpoint as the Hub lays it out (config.json, tokenizer.json, its graphs, a card) into what is published: a
// manifest and the blobs that it names. What cannot be served is refused here, by name, and never at a request.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { BlobRef, Engine, Manifest } from '../shared/model/manifest.ts';
import { readCard } from './card.ts';
import type { Signatures } from './checks/check-graphs.ts';
import { chooseEngine, type Store } from './choose-engine.ts';
import { chooseTask } from './choose-task.ts';
import { readConfig, rewrites, writes } from './config.ts';
import { type Content, inFile, inMemory, sha256Of } from './content.ts';
import type { Attention, WeightType } from './engine/compile.ts';
import { readGeneration } from './generation.ts';
import { graphFiles } from './graphs.ts';
import { chooseLayout, type Dtype, textsIn } from './layout.ts';
import { readPieces } from './pieces.ts';
import { readEmbedding } from './sentence-transformers.ts';
import { compileParsed } from './tokenizer/compile-tokenizer.ts';
import { parseRoot } from './tokenizer/tokenizer-json.ts';
import { settle } from './tokenizer-settings.ts';

export interface Checkpoint {
  readonly manifest: Manifest;
  /** The bytes behind each sha256 of the manifest. */
  readonly blobs: ReadonlyMap<string, Content>;
  readonly signatures: Signatures;
}

/** A checkpoint of which the program is still to be made. */
export interface Uncompiled extends Omit<Checkpoint, 'manifest'> {
  readonly manifest: Omit<Manifest, 'engine' | 'revision'>;
}

export interface Choices {
  /** The one that is to run it; left open, the project's own where it can. */
  readonly engine?: Engine['name'] | undefined;
  /** Left open, what config.json says (`int8_attention`), or in floats. */
  readonly attention?: Attention | undefined;
  /** Left open, what config.json says (`int4_weights`), or as they are given. */
  readonly weights?: WeightType | undefined;
  /** Left open, what the card or config.json say. */
  readonly task?: string | undefined;
  /** Which of several types of weights. */
  readonly dtype?: Dtype | undefined;
  /** Of the Hub, where it is from there. */
  readonly source?: Manifest['source'];
  /** A folder for what is made of the checkpoint, where memory is not to hold it. */
  readonly scratch?: string | undefined;
  /** Of files that are known to have it, by their paths: those that were hashed as they came. */
  readonly sha256?: ReadonlyMap<string, string> | undefined;
  /** Told of what is known before anything is compiled; what it throws ends the reading. */
  readonly onRead?: ((checkpoint: Uncompiled) => void) | undefined;
  /** What `readTexts` gave, where that was asked for before. */
  readonly texts?: Texts | undefined;
}

export type Texts = Awaited<ReturnType<typeof readTexts>>;

/** Throws where a file is missing, or says something that this project does not know. */
export async function readCheckpoint(folder: string, name: string, choices: Choices = {}): Promise<Checkpoint> {
  const blobs = new Map<string, Content>();
  const store: Store = async (content, known) => {
    const sha256 = known ?? (await sha256Of(content));
    blobs.set(sha256, content);
    return { sha256, bytes: content.size };
  };
  const { config, card, task, tokenizer, pieces, embedding, generation } =
    choices.texts ?? (await readTexts(folder, choices.task));
  const wanted = { dtype: choices.dtype, rewrites: rewrites(task) };
  const { files, graphs, signatures } = await readFiles(folder, wanted, (path, content) =>
    store(content, choices.sha256?.get(path)),
  );
  const { source = null } = choices;
  const manifest: Uncompiled['manifest'] = {
    format: 1,
    name,
    architecture: config.architecture,
    id2label: config.id2label,
    problemType: config.problemType,
    task,
    maxLength: Math.min(config.maxLength, pieces.maxLength, embedding.maxLength),
    ...(pieces.cutsLeft && { truncationSide: 'left' as const }),
    license: card.license,
    origin: card.origin ?? source?.repository ?? name,
    source,
    description: card.description,
    tags: [...card.tags],
    pieces: pieces.pieces,
    decoding: pieces.decoding,
    embedding: embedding.embedding,
    generation,
    tokenizer: await store(inMemory(tokenizer)),
    files,
    graphs,
  };
  choices.onRead?.({ manifest, blobs, signatures });
  const engine = await chooseEngine(graphs, blobs, store, {
    wanted: choices.engine,
    precision: {
      // A text that grows token by token would change its attention on the way.
      attention: writes(task) && !rewrites(task) ? 'float' : (choices.attention ?? config.attention),
      weights: choices.weights ?? config.weights,
    },
    scratch: choices.scratch,
  });
  const content: Unrevised = { ...manifest, engine };
  return { manifest: { ...content, revision: revisionOf(content) }, blobs, signatures };
}

/** What the files beside the graphs say. Throws where one is missing that is needed, or says what is not known. */
export async function readTexts(folder: string, asked: string | undefined) {
  const config = await readConfig(join(folder, 'config.json'));
  const card = await readCard(join(folder, 'README.md'));
  const task = chooseTask(config, asked, card.task);
  const tokenizer = await settle(folder, parseRoot(await readFile(join(folder, 'tokenizer.json'), 'utf8')));
  return {
    config,
    card,
    task,
    tokenizer: compileParsed(tokenizer),
    pieces: await readPieces(folder, tokenizer),
    embedding: await readEmbedding(folder),
    generation: writes(task) ? { ...(await readGeneration(folder)), positions: config.positions } : null,
  };
}

/** The files of the checkpoint that are published, by their paths, and the graphs among them. */
async function readFiles(
  folder: string,
  wanted: { readonly dtype: Dtype | undefined; readonly rewrites: boolean },
  store: (path: string, content: Content) => Promise<BlobRef>,
): Promise<Pick<Manifest, 'files' | 'graphs'> & { readonly signatures: Signatures }> {
  const paths = await pathsIn(folder);
  const files: Manifest['files'] = {};
  const add = async (path: string): Promise<BlobRef> => {
    const known = files[path] ?? (await store(path, await inFile(join(folder, path))));
    files[path] = known;
    return known;
  };
  const graphs: Manifest['graphs'] = {};
  const signatures: { -readonly [name in keyof Signatures]: Signatures[name] } = {};
  for (const graph of chooseLayout(paths, wanted).graphs) {
    const { weights, signature } = await graphFiles(folder, graph, paths);
    signatures[graph.name] = signature;
    const externalData: { path: string; blob: BlobRef }[] = [];
    for (const { name, path } of weights) externalData.push({ path: name, blob: await add(path) });
    graphs[graph.name] = { onnx: await add(graph.path), externalData };
  }
  for (const path of textsIn(paths)) await add(path);
  return { files, graphs, signatures };
}

/** Of all files, with slashes. */
async function pathsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'))
    .sort();
}

type Unrevised = Omit<Manifest, 'revision'>;

/** Sixteen hex digits of a hash over the content: as the blobs are in it by hash, it changes when anything does. */
function revisionOf(content: Unrevised): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}
