// npm run models -- explain

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Manifest } from '../../shared/model/manifest.ts';
import { readCatalogue } from '../bucket/catalogue-writer.ts';
import { readManifest } from '../bucket/inventory.ts';
import type { ObjectStore } from '../bucket/object-store.ts';
import { pull } from '../bucket/pull.ts';
import { cacheFolder, withScratch } from '../cache-folder.ts';
import { type Checkpoint, type Choices, readCheckpoint } from '../checkpoint.ts';
import { onnxSources } from '../choose-engine.ts';
import { inFile, inMemory, sha256Of } from '../content.ts';
import { compile } from '../engine/compile.ts';
import { explain } from '../engine/explain.ts';
import { shipped, shippedFolder } from '../shipped.ts';
import { CHOICE_OPTIONS, choicesOf, ENGINE_HELP } from './choices.ts';
import { type Command, textOf, UsageError, type Values } from './command.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const explainCommand: Command = {
  name: 'explain',
  usage:
    '[folder | model …] [--tokens n] [--task t] [--dtype d] [--engine e] [--attention a] [--weights w] [--remote | --persist-to f]',
  summary: 'print what the engine does for models, step by step',
  help: `Each step with its shapes, its share of the work, its weights, and the nodes of the ONNX files that it stands for; or why
onnxruntime-web runs the model. Shares are those of an example, whose sizes are guessed by the names of the inputs' dimensions.
A folder is explained as add would publish it, and so is a checkpoint that ships, by its name; a model that is in the bucket as it was
published, but for what is asked for otherwise. Without any: the checkpoints that ship.

  --tokens   of the text by which the work is shared out; 128
  --task     where config.json and the card leave it open
  --dtype    of the weights, where there are several; what add would take
  ${ENGINE_HELP}
  ${STORE_HELP}`,
  options: { ...STORE_OPTIONS, ...CHOICE_OPTIONS, tokens: { type: 'string', default: '128' } },
  async run(positionals, values) {
    const tokens = Number(textOf(values, 'tokens'));
    if (!Number.isInteger(tokens) || tokens < 1) throw new UsageError('--tokens takes a whole number from 1');
    const choices = choicesOf(values);
    const print = async (explained: Explained) => {
      console.log(`${(await explainModel(explained, tokens)).join('\n')}\n`);
    };
    if (positionals.length === 0) for (const checkpoint of await shipped(choices)) await print(checkpoint);
    for (const where of positionals) {
      await withScratch(cacheFolder(process.env), async (scratch) =>
        print(await read(where, values, choices, scratch)),
      );
    }
  },
};

type Explained = Pick<Checkpoint, 'manifest' | 'blobs'>;

/** A folder; else what is published by that name, which comes into `scratch`; else what ships by it. */
async function read(where: string, values: Values, choices: Choices, scratch: string): Promise<Explained> {
  const found = await stat(where).catch(() => undefined);
  if (found?.isDirectory()) return readCheckpoint(where, basename(resolve(where)), choices);
  const manifest = await withStore(values, (store) => pulled(store, where, scratch));
  const isAsked = Object.values(choices).some((choice) => choice !== undefined);
  if (manifest && !isAsked) return { manifest, blobs: await blobsIn(scratch, manifest) };
  const folder = manifest ? scratch : await shippedFolder(where);
  if (folder === undefined)
    throw new Error(`there is no folder ${where}, and no model of that name is published, or ships`);
  return readCheckpoint(folder, where, manifest ? asPublished(manifest, choices) : choices);
}

/** What was chosen when it was published, but for what is asked for otherwise. */
function asPublished({ task, engine }: Manifest, choices: Choices): Choices {
  const name = choices.engine ?? engine.name;
  const published = name === 'edge' && engine.name === 'edge' ? engine : undefined;
  const attention = choices.attention ?? (published && (published.attention ?? 'float'));
  const weights = choices.weights ?? (published && (published.weights ?? 'given'));
  return { ...choices, task: choices.task ?? task, engine: name, attention, weights };
}

/** Undefined where none of the name is published. */
async function pulled(store: ObjectStore, name: string, folder: string): Promise<Manifest | undefined> {
  const { models } = await readCatalogue(store);
  if (!models.some((model) => model.name === name)) return undefined;
  const manifest = await readManifest(store, name);
  const ignore = () => undefined;
  await pull(store, manifest, folder, ignore, ignore);
  return manifest;
}

async function blobsIn(folder: string, { files }: Manifest): Promise<Checkpoint['blobs']> {
  const entries = Object.entries(files).map(
    async ([path, { sha256 }]) => [sha256, await inFile(join(folder, path))] as const,
  );
  return new Map(await Promise.all(entries));
}

async function explainModel({ manifest, blobs }: Explained, tokens: number): Promise<readonly string[]> {
  const { name, engine, graphs } = manifest;
  const title = `${name} runs on ${engine.name}: ${engine.reason}`;
  if (engine.name !== 'edge') return [title];
  const compiled = compile(onnxSources(graphs, blobs), engine);
  const isSame = (await sha256Of(inMemory(compiled.bytes))) === engine.program.sha256;
  const other = 'it was published by another version of this project; this is what would be published now';
  return [title, ...(isSame ? [] : [other]), ...explain(compiled, tokens)];
}
