// npm run models -- add

import type { ObjectStore } from '../bucket/object-store.ts';
import { publish } from '../bucket/publish.ts';
import { cacheFolder, withScratch } from '../cache-folder.ts';
import { type Checkpoint, type Choices, readCheckpoint } from '../checkpoint.ts';
import { checkGraphs } from '../checks/check-graphs.ts';
import { memoryOf, reckon } from '../checks/memory.ts';
import { tryOut } from '../checks/try-out.ts';
import { Host } from '../host/start-host.ts';
import { DTYPES } from '../layout.ts';
import { readWranglerConfig } from '../wrangler-config.ts';
import { CHOICE_OPTIONS, choicesOf, ENGINE_HELP } from './choices.ts';
import { type Command, exactly, textOf, type Values } from './command.ts';
import { describe } from './describe.ts';
import { type Located, locate } from './locate.ts';
import { Progress } from './progress.ts';
import { megabytes } from './sizes.ts';
import { openedStore, STORE_HELP, STORE_OPTIONS } from './with-store.ts';

export const addCommand: Command = {
  name: 'add',
  usage:
    '<hub id | folder> [--task t] [--revision r] [--dtype d] [--name n] [--default] [--engine e] [--attention a] [--weights w] [--dry-run] [--remote | --persist-to f]',
  summary: 'bring a model from the Hub, or from a folder, into the bucket',
  help: `A repository of the Hub, owner/name, or a folder as the Hub lays it out: config.json, tokenizer.json, the ONNX files beside them
or in onnx/, and what else the checkpoint has. Before anything is published it is checked, and refused with the reason: the task
and the labels, the tokenizer, what the graphs take and give and of which operators they are, the memory that they need, and one
request, answered by the Worker in workerd out of what would be published.

What an interrupted run has downloaded or written is not done again. Downloads stay in ~/.cache/edge-pipelines
(EDGE_PIPELINES_CACHE), which can be deleted. HF_ENDPOINT names another Hub, HF_TOKEN opens private and gated repositories.

  --task     where config.json and the card leave it open
  --revision a branch, a tag or a commit of the Hub's; main
  --dtype    of the weights: ${DTYPES.join(', ')}; the first of these that is there
  --name     of the model; the repository's or the folder's
  --default  it answers requests of its task that name no model
  ${ENGINE_HELP}
  --dry-run  say what would happen, with sizes: of a folder after all checks, of the Hub before the graphs are downloaded
  ${STORE_HELP}`,
  options: {
    ...STORE_OPTIONS,
    ...CHOICE_OPTIONS,
    revision: { type: 'string' },
    name: { type: 'string' },
    default: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
  },
  async run(positionals, values) {
    const [where = ''] = exactly(positionals, 'a repository of the Hub or a folder');
    const choices = choicesOf(values);
    const cache = cacheFolder(process.env);
    const wanted = { ...choices, revision: textOf(values, 'revision'), cache, isDryRun: values['dry-run'] === true };
    const host = new Host();
    await withScratch(cache, async (scratch) => {
      try {
        // While the checkpoint comes and is compiled, the other process gets ready.
        if (!wanted.isDryRun) host.prepare();
        // The account's bucket may be sent to before the last check; the local one is started for what has passed all.
        const remote = values.remote === true && !wanted.isDryRun ? await openedStore(values, host) : undefined;
        const located = await locate(where, wanted);
        if (!located) return;
        const name = textOf(values, 'name') ?? located.name;
        const checkpoint = await checked(name, { ...choices, ...located, scratch }, host, remote);
        if (values['dry-run']) return console.log('nothing was published');
        // The account's bucket needs nobody to hold it, and to end takes a while.
        if (remote) void host.close();
        await publishTo(remote ?? (await openedStore(values, host)), checkpoint, values);
      } finally {
        await host.close();
      }
    });
  },
};

/**
 * What is large is on its way to `remote` while it is compiled and tried. Throws where the model could not be served; nothing of it is left
 * in the bucket then.
 */
async function checked(
  name: string,
  { folder, ...choices }: Choices & Pick<Located, 'folder'>,
  host: Host,
  remote: ObjectStore | undefined,
): Promise<Checkpoint> {
  const send = (blobs: Checkpoint['blobs']) => {
    for (const [sha256, content] of blobs) remote?.sendAhead({ sha256, bytes: content.size }, content);
  };
  try {
    const checkpoint = await readCheckpoint(folder, name, {
      ...choices,
      onRead({ manifest, blobs, signatures }) {
        checkGraphs(manifest, signatures);
        send(blobs);
      },
    });
    for (const line of describe(checkpoint.manifest)) console.log(line);
    const { engine } = checkpoint.manifest;
    if (choices.attention === 'int8' && !(engine.name === 'edge' && engine.attention))
      console.log('attention stays in floats: none of the model reads a text as a whole on the project’s own engine');
    if (choices.weights === 'int4' && !(engine.name === 'edge' && engine.weights))
      console.log(
        'weights stay as they are: the project’s own engine does not run the model, or none of them are large',
      );
    const { lines, fault } = reckon(await memoryOf(checkpoint), readWranglerConfig().wasmBudget);
    for (const line of lines) console.log(line);
    if (fault !== undefined) throw new Error(fault);
    send(checkpoint.blobs);
    await tryOut(checkpoint, folder, host);
    console.log('a trial request was answered in workerd');
    return checkpoint;
  } catch (error) {
    // What cannot be taken away now, gc finds.
    await remote?.withdraw().catch(() => undefined);
    throw error;
  }
}

async function publishTo(store: ObjectStore, checkpoint: Checkpoint, values: Values): Promise<void> {
  const { name, revision, task, engine } = checkpoint.manifest;
  if (values.remote === true && engine.name === 'onnxruntime-web') {
    const asked = values.default === true ? `${name}, and of ${task} that name no model,` : name;
    console.log(
      `a Worker that was deployed without onnxruntime-web answers requests for ${asked} with 502: run npm run deploy after this`,
    );
  }
  const progress = new Progress('publishing');
  let total = 0;
  const changed = await publish(store, checkpoint, {
    isDefault: values.default === true,
    onStart(bytes) {
      total = bytes;
      progress.start(bytes);
    },
    onBytes: (bytes) => progress.add(bytes),
    onWait: () => console.log('waiting for a removal to end'),
  });
  progress.end();
  console.log(`${name} ${revision} ${changed ? `published, ${megabytes(total)} written` : 'is live already'}`);
}
