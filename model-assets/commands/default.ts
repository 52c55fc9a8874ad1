// npm run models -- default

import { changeCatalogue } from '../bucket/catalogue-writer.ts';
import { type Command, exactly } from './command.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const defaultCommand: Command = {
  name: 'default',
  usage: '<task> <model> [--remote | --persist-to f]',
  summary: 'let a model answer requests of its task that name none',
  help: `The model must be published for the task.

  ${STORE_HELP}`,
  options: STORE_OPTIONS,
  async run(positionals, values) {
    const [task = '', name = ''] = exactly(positionals, 'a task', 'the name of a model');
    await withStore(values, async (store) => {
      const changed = await changeCatalogue(store, (catalogue) => {
        const model = catalogue.models.find((each) => each.name === name);
        const alike = catalogue.models.filter((each) => each.task === task).map((each) => each.name);
        if (model?.task === task) return { ...catalogue, defaults: { ...catalogue.defaults, [task]: name } };
        const said = model ? `${name} is published for ${model.task}` : `there is no model ${name}`;
        throw new Error(`${said}; for ${task} there are ${alike.join(', ') || 'none'}`);
      });
      console.log(`${name} ${changed ? 'is now' : 'was already'} the default of ${task}`);
    });
  },
};
