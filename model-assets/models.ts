// npm run models -- publish [folder …] [--remote] | explain [folder …] [--tokens n]

import { parseArgs } from 'node:util';
import type { Engine } from '../shared/model/manifest.ts';
import { openBucket } from './bucket.ts';
import type { Checkpoint } from './checkpoint.ts';
import { onnxSources } from './choose-engine.ts';
import { compile } from './engine/compile.ts';
import { explain } from './engine/explain.ts';
import { publish } from './publish.ts';
import { readAll, shipped } from './shipped.ts';

const HELP = `npm run models -- publish [folder …] [--remote] [--engine name]
npm run models -- explain [folder …] [--tokens n]

  publish   put checkpoints into R2, where the Worker finds them. A folder holds config.json, tokenizer.json, model.onnx and a
            card, README.md; its name is the model's. Without a folder: all that ship with the project, and seeded ones,
            which were never trained, for the tasks that none of those serves.

  explain   print what the engine does for checkpoints: each step, its shapes, its share of the work, its weights, and the nodes
            of the ONNX files that it stands for; or why onnxruntime-web runs them. Shares are those of an example, whose sizes
            are guessed by the names of the inputs' dimensions

  --engine  edge or onnxruntime-web, whatever would be chosen: the project's own where it knows every operator
  --tokens  of the text by which explain shares out the work; 128
  --remote  the bucket of your Cloudflare account that wrangler.toml names, instead of the local one
  --help    this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    remote: { type: 'boolean', default: false },
    engine: { type: 'string' },
    tokens: { type: 'string', default: '128' },
    help: { type: 'boolean', default: false },
  },
});
const [command, ...folders] = positionals;

if (values.help) {
  console.log(HELP);
} else if (command === 'publish') {
  await publishAll(
    folders.length > 0 ? await readAll(folders, engineOf(values.engine)) : await shipped(),
    values.remote,
  );
} else if (command === 'explain') {
  for (const checkpoint of folders.length > 0 ? await readAll(folders) : await shipped()) {
    console.log(`${explainCheckpoint(checkpoint, Number(values.tokens)).join('\n')}\n`);
  }
} else {
  console.error(`${command ? `there is no command ${command}` : 'a command is missing'}\n\n${HELP}`);
  process.exitCode = 2;
}

async function publishAll(checkpoints: readonly Checkpoint[], remote: boolean): Promise<void> {
  const { bucket, close } = await openBucket(remote);
  try {
    for (const checkpoint of checkpoints) {
      const { name, revision } = checkpoint.manifest;
      const changed = await publish(bucket, checkpoint);
      console.log(`${name} ${revision} ${changed ? 'published' : 'is live already'}`);
    }
  } finally {
    await close();
  }
}

function engineOf(name: string | undefined): Engine['name'] | undefined {
  if (name === undefined || name === 'edge' || name === 'onnxruntime-web') return name;
  console.error(`--engine is ${name}; it takes edge or onnxruntime-web`);
  process.exit(2);
}

function explainCheckpoint({ manifest, blobs }: Checkpoint, tokens: number): readonly string[] {
  const { name, engine, graphs } = manifest;
  const title = `${name} runs on ${engine.name}: ${engine.reason}`;
  return engine.name === 'edge' ? [title, ...explain(compile(onnxSources(graphs, blobs)), tokens)] : [title];
}
