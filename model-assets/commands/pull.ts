// npm run models -- pull

import { readManifest } from '../bucket/inventory.ts';
import { pull } from '../bucket/pull.ts';
import { type Command, exactly } from './command.ts';
import { Progress } from './progress.ts';
import { counted, megabytes } from './sizes.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const pullCommand: Command = {
  name: 'pull',
  usage: '<model> <folder> [--remote | --persist-to f]',
  summary: 'write the files of a model into a folder',
  help: `The files that it was added from, under their paths: a folder that add takes, and that AutoTokenizer.from_pretrained and
AutoConfig.from_pretrained of transformers open. Files that are there already, and are the same, stay.

  ${STORE_HELP}`,
  options: STORE_OPTIONS,
  async run(positionals, values) {
    const [name = '', folder = ''] = exactly(positionals, 'the name of a model', 'a folder');
    await withStore(values, async (store) => {
      const manifest = await readManifest(store, name);
      const progress = new Progress('pulling');
      const { files, bytes } = await pull(
        store,
        manifest,
        folder,
        (total) => progress.start(total),
        (done) => progress.add(done),
      );
      progress.end();
      console.log(`${counted(files, 'file')}, ${megabytes(bytes)}, in ${folder}`);
    });
  },
};
