// npm run models -- add

import { basename, resolve } from 'node:path';
import { publish } from '../bucket/publish.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { DTYPES, toDtype } from '../layout.ts';
import { type Command, exactly, textOf } from './command.ts';
import { describe } from './describe.ts';
import { engineOf } from './engine-option.ts';
import { REMOTE_HELP, REMOTE_OPTION, withStore } from './with-store.ts';

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
  --remote   ${REMOTE_HELP}`,
  options: {
    task: { type: 'string' },
    dtype: { type: 'string' },
    name: { type: 'string' },
    default: { type: 'boolean', default: false },
    engine: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    ...REMOTE_OPTION,
  },
  async run(positionals, values) {
    const [folder = ''] = exactly(positionals, 'a folder');
    const dtype = textOf(values, 'dtype');
    const checkpoint = await readCheckpoint(folder, textOf(values, 'name') ?? basename(resolve(folder)), {
      task: textOf(values, 'task'),
      engine: engineOf(values),
      dtype: dtype === undefined ? undefined : toDtype(dtype),
    });
    for (const line of describe(checkpoint.manifest)) console.log(line);
    if (values['dry-run']) return;
    await withStore(values, async (store) => {
      const { name, revision } = checkpoint.manifest;
      const changed = await publish(store, checkpoint, { isDefault: values.default === true });
      console.log(`${name} ${revision} ${changed ? 'published' : 'is live already'}`);
    });
  },
};
