// npm run models -- remove

import { readCatalogue } from '../bucket/catalogue-writer.ts';
import { removeModel } from '../bucket/collect.ts';
import { type Command, exactly } from './command.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const removeCommand: Command = {
  name: 'remove',
  usage: '<model> [--remote | --persist-to f]',
  summary: 'take a model out of the bucket',
  help: `Its blobs stay for a while, in which a Worker may still read them; then gc deletes those that no other model needs. Where it was
the default of its task, the next model of the task becomes that.

  ${STORE_HELP}`,
  options: STORE_OPTIONS,
  async run(positionals, values) {
    const [name = ''] = exactly(positionals, 'the name of a model');
    await withStore(values, async (store) => {
      const before = await readCatalogue(store);
      await removeModel(store, name);
      const { defaults } = await readCatalogue(store);
      console.log(`${name} removed; npm run models -- gc deletes its blobs, when no Worker reads them any more`);
      for (const [task, model] of Object.entries(before.defaults)) {
        if (model !== name) continue;
        console.log(defaults[task] ? `${defaults[task]} is now the default of ${task}` : `${task} has no model now`);
      }
    });
  },
};
