// npm run models -- publish

import { publish } from '../bucket/publish.ts';
import { shipped } from '../shipped.ts';
import { type Command, exactly } from './command.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const publishCommand: Command = {
  name: 'publish',
  usage: '[--remote | --persist-to f]',
  summary: 'put the checkpoints that come with the project into the bucket',
  help: `The trained checkpoints that ship, one for each task.
For your own: add.

  ${STORE_HELP}`,
  options: STORE_OPTIONS,
  async run(positionals, values) {
    exactly(positionals);
    await withStore(values, async (store) => {
      for (const checkpoint of await shipped()) {
        const { name, revision } = checkpoint.manifest;
        const changed = await publish(store, checkpoint);
        console.log(`${name} ${revision} ${changed ? 'published' : 'is live already'}`);
      }
    });
  },
};
