// npm run models -- add

import { basename, resolve } from 'node:path';
import { blobsOf } from '../../shared/model/manifest.ts';
import { openBucket } from '../bucket.ts';
import { type Checkpoint, readCheckpoint } from '../checkpoint.ts';
import { DTYPES, toDtype } from '../layout.ts';
import { publish } from '../publish.ts';
import { type Command, exactly, textOf } from './command.ts';
import { engineOf } from './engine-option.ts';
import { megabytes } from './sizes.ts';

export const addCommand: Command = {
  name: 'add',
  usage: '<folder> [--task t] [--dtype d] [--name n] [--default] [--engine e] [--dry-run] [--remote]',
  summary: 'put a checkpoint of yours into the bucket',
  help: `A folder as the Hub lays it out: config.json, tokenizer.json, the ONNX files beside them or in onnx/, and what else the
checkpoint has. It is refused, with the reason, where it could not be served.

  --task     where config.json and the card leave it open
  --dtype    of the weights: ${DTYPES.join(', ')}; the first of these that is there
  --name     of the model; the folder's
  --default  it answers requests of its task that name no model
  --engine   edge or onnxruntime-web, whatever would be chosen: the project's own where it knows every operator
  --dry-run  say what would be published, and do not
  --remote   the bucket of your Cloudflare account, instead of the local one`,
  options: {
    task: { type: 'string' },
    dtype: { type: 'string' },
    name: { type: 'string' },
    default: { type: 'boolean', default: false },
    engine: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    remote: { type: 'boolean', default: false },
  },
  async run(positionals, values) {
    const [folder = ''] = exactly(positionals, 'a folder');
    const dtype = textOf(values, 'dtype');
    const checkpoint = await readCheckpoint(folder, textOf(values, 'name') ?? basename(resolve(folder)), {
      task: textOf(values, 'task'),
      engine: engineOf(values),
      dtype: dtype === undefined ? undefined : toDtype(dtype),
    });
    for (const line of describe(checkpoint)) console.log(line);
    if (values['dry-run']) return;
    const { bucket, close } = await openBucket(values.remote === true);
    try {
      const { name, revision } = checkpoint.manifest;
      const changed = await publish(bucket, checkpoint, values.default === true);
      console.log(`${name} ${revision} ${changed ? 'published' : 'is live already'}`);
    } finally {
      await close();
    }
  },
};

function describe({ manifest }: Checkpoint): readonly string[] {
  const { name, task, architecture, engine, maxLength, license } = manifest;
  const bytes = blobsOf(manifest).reduce((sum, blob) => sum + blob.bytes, 0);
  return [
    `${name}: ${task}, ${architecture}, up to ${maxLength} tokens, licence ${license}`,
    `runs on ${engine.name}: ${engine.reason}`,
    `${megabytes(bytes)} in the bucket`,
  ];
}
