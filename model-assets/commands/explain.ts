// npm run models -- explain

import { basename, resolve } from 'node:path';
import { type Checkpoint, readCheckpoint } from '../checkpoint.ts';
import { onnxSources } from '../choose-engine.ts';
import { compile } from '../engine/compile.ts';
import { explain } from '../engine/explain.ts';
import { shipped } from '../shipped.ts';
import { type Command, textOf, UsageError } from './command.ts';
import { dtypeOf } from './engine-option.ts';

export const explainCommand: Command = {
  name: 'explain',
  usage: '[folder …] [--tokens n] [--task t] [--dtype d]',
  summary: 'print what the engine does for checkpoints, step by step',
  help: `Each step with its shapes, its share of the work, its weights, and the nodes of the ONNX files that it stands for; or why
onnxruntime-web runs the model. Shares are those of an example, whose sizes are guessed by the names of the inputs' dimensions.
Without a folder: the checkpoints that ship.

  --tokens  of the text by which the work is shared out; 128
  --task    where config.json and the card leave it open
  --dtype   of the weights, where there are several; what add would take`,
  options: { tokens: { type: 'string', default: '128' }, task: { type: 'string' }, dtype: { type: 'string' } },
  async run(folders, values) {
    const tokens = Number(textOf(values, 'tokens'));
    if (!Number.isInteger(tokens) || tokens < 1) throw new UsageError('--tokens takes a whole number from 1');
    const choices = { task: textOf(values, 'task'), dtype: dtypeOf(values) };
    const given = folders.map((folder) => readCheckpoint(folder, basename(resolve(folder)), choices));
    for (const checkpoint of given.length > 0 ? await Promise.all(given) : await shipped()) {
      console.log(`${(await explainCheckpoint(checkpoint, tokens)).join('\n')}\n`);
    }
  },
};

async function explainCheckpoint({ manifest, blobs }: Checkpoint, tokens: number): Promise<readonly string[]> {
  const { name, engine, graphs } = manifest;
  const title = `${name} runs on ${engine.name}: ${engine.reason}`;
  if (engine.name !== 'edge') return [title];
  return [title, ...explain(compile(onnxSources(graphs, blobs), engine.attention), tokens)];
}
