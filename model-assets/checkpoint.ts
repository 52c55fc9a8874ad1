// Reads a checkpoint as the Hub lays it out (config.json, tokenizer.json, its graphs, a card) into what is published: a
// manifest and the blobs that it names. What cannot be served is refused here, by name, and never at a request.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, Engine, Manifest } from '../shared/model/manifest.ts';
import { readCard } from './card.ts';
import { chooseEngine } from './choose-engine.ts';
import { chooseTask } from './choose-task.ts';
import { readConfig } from './config.ts';
import { readGeneration } from './generation.ts';
import { readGraphs } from './graphs.ts';
import type { Dtype } from './layout.ts';
import { readPieces } from './pieces.ts';
import { readEmbedding } from './sentence-transformers.ts';
import { compileTokenizer } from './tokenizer/compile-tokenizer.ts';

export interface Checkpoint {
  readonly manifest: Manifest;
  /** The bytes behind each sha256 of the manifest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export interface Choices {
  /** The one that is to run it; left open, the project's own where it can. */
  readonly engine?: Engine['name'] | undefined;
  /** Left open, what the card or config.json say. */
  readonly task?: string | undefined;
  /** Which of several types of weights. */
  readonly dtype?: Dtype | undefined;
}

/** Throws where a file is missing, or says something that this project does not know. */
export async function readCheckpoint(folder: string, name: string, choices: Choices = {}): Promise<Checkpoint> {
  const blobs = new Map<string, Uint8Array>();
  const store = (bytes: Uint8Array): BlobRef => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    blobs.set(sha256, bytes);
    return { sha256, bytes: bytes.byteLength };
  };
  const config = await readConfig(join(folder, 'config.json'));
  const card = await readCard(join(folder, 'README.md'));
  const task = chooseTask(config, choices.task, card.task);
  const tokenizer = store(compileTokenizer(await readFile(join(folder, 'tokenizer.json'), 'utf8')));
  const { rewrites, writes, positions } = config;
  const { graphs } = await readGraphs(folder, { dtype: choices.dtype, rewrites }, store);
  const { pieces, decoding, maxLength: longest } = await readPieces(folder);
  const { embedding, maxLength: longestEmbedded } = await readEmbedding(folder);
  const content: Content = {
    format: 1,
    name,
    architecture: config.architecture,
    id2label: config.id2label,
    problemType: config.problemType,
    task,
    maxLength: Math.min(config.maxLength, longest, longestEmbedded),
    license: card.license,
    origin: card.origin ?? name,
    description: card.description,
    tags: [...card.tags],
    pieces,
    decoding,
    embedding,
    generation: writes ? { ...(await readGeneration(folder)), positions } : null,
    tokenizer,
    graphs,
    engine: chooseEngine(graphs, blobs, store, choices.engine),
  };
  return { manifest: { ...content, revision: revisionOf(content) }, blobs };
}

type Content = Omit<Manifest, 'revision'>;

/** Sixteen hex digits of a hash over the content: as the blobs are in it by hash, it changes when anything does. */
function revisionOf(content: Content): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}
