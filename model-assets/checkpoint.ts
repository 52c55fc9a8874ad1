// Reads a checkpoint as the Hub lays it out (config.json, tokenizer.json, model.onnx, a card) into what is published: a
// manifest and the blobs that it names. What cannot be served is refused here, by name, and never at a request.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, Engine, Manifest } from '../shared/model/manifest.ts';
import { type Card, readCard } from './card.ts';
import { chooseEngine } from './choose-engine.ts';
import { type Config, readConfig } from './config.ts';
import { readGeneration } from './generation.ts';
import { readGraphs } from './graphs.ts';
import { readPieces } from './pieces.ts';
import { readEmbedding } from './sentence-transformers.ts';
import { compileTokenizer } from './tokenizer/compile-tokenizer.ts';

export interface Checkpoint {
  readonly manifest: Manifest;
  /** The bytes behind each sha256 of the manifest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/**
 * Throws where a file is missing, or says something that this project does not know. `engine`: the one that is to run it; left open, the
 * project's own where it can.
 */
export async function readCheckpoint(folder: string, name: string, engine?: Engine['name']): Promise<Checkpoint> {
  const blobs = new Map<string, Uint8Array>();
  const store = (bytes: Uint8Array): BlobRef => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    blobs.set(sha256, bytes);
    return { sha256, bytes: bytes.byteLength };
  };
  const config = await readConfig(join(folder, 'config.json'));
  const card = await readCard(join(folder, 'README.md'));
  const tokenizer = store(compileTokenizer(await readFile(join(folder, 'tokenizer.json'), 'utf8')));
  const graphs = await readGraphs(folder, store);
  const { tasks, writes, positions, ...known } = config;
  const { pieces, decoding, maxLength: longest } = await readPieces(folder);
  const { embedding, maxLength: longestEmbedded } = await readEmbedding(folder);
  const content: Content = {
    format: 1,
    name,
    ...known,
    task: toTask(folder, config, card),
    maxLength: Math.min(known.maxLength, longest, longestEmbedded),
    license: card.license,
    origin: card.origin,
    description: card.description,
    tags: [...card.tags],
    pieces,
    decoding,
    embedding,
    generation: writes ? { ...(await readGeneration(folder)), positions } : null,
    tokenizer,
    graphs,
    engine: chooseEngine(graphs, blobs, store, engine),
  };
  return { manifest: { ...content, revision: revisionOf(content) }, blobs };
}

type Content = Omit<Manifest, 'revision'>;

/** The card's, where the head serves several. */
function toTask(folder: string, { tasks, id2label }: Config, { task = tasks[0] ?? '' }: Card): string {
  if (!tasks.includes(task)) {
    throw new Error(`${folder}: the card's pipeline_tag is ${task}; the head of its model serves ${tasks.join(', ')}`);
  }
  if (task === 'zero-shot-classification' && !id2label.some((label) => label.toLowerCase().startsWith('entail'))) {
    throw new Error(
      `${folder}: zero-shot-classification needs a label that begins with entail; there are ${id2label.join(', ')}`,
    );
  }
  return task;
}

/** Sixteen hex digits of a hash over the content: as the blobs are in it by hash, it changes when anything does. */
function revisionOf(content: Content): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}
