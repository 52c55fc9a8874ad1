// npm run models -- remove

import { readCatalogue } from '../bucket/catalogue-writer.ts';
import { removeModel } from '../bucket/collect.ts';
import { type Command, exactly } from './command.ts';
import { counted, megabytes } from './sizes.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const removeCommand: Command = {
  name: 'remove',
  usage: '<model> [--remote | --persist-to f]',
  summary: 'take a model out of the bucket',
  help: `Its blobs go with it, but for those that another model needs. Where it was the default of its task, the next model of the
task becomes that.

  ${STORE_HELP}`,
  options: STORE_OPTIONS,
  async run(positionals, values) {
    const [name = ''] = exactly(positionals, 'the name of a model');
    await withStore(values, async (store) => {
      const before = await readCatalogue(store);
      const { blobs, bytes } = await removeModel(store, name);
      const { defaults } = await readCatalogue(store);
      console.log(`${name} removed, and ${counted(blobs, 'blob')} of ${megabytes(bytes)}`);
      for (const [task, model] of Object.entries(before.defaults)) {
        if (model !== name) continue;
        console.log(defaults[task] ? `${defaults[task]} is now the default of ${task}` : `${task} has no model now`);
      }
    });
  },
};
