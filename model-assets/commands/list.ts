// npm run models -- list

import { totalBytes } from '../../shared/model/manifest.ts';
import { readCatalogue } from '../bucket/catalogue-writer.ts';
import { manifestsIn } from '../bucket/inventory.ts';
import { type Command, exactly } from './command.ts';
import { megabytes } from './sizes.ts';
import { toTable } from './table.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const listCommand: Command = {
  name: 'list',
  usage: '[--remote | --persist-to f]',
  summary: 'what is in the bucket',
  help: `Each model with its task (* where it answers requests that name none), its architecture, what an isolate opens of it, the
engine that runs it, and its revision.

  ${STORE_HELP}`,
  options: STORE_OPTIONS,
  async run(positionals, values) {
    exactly(positionals);
    await withStore(values, async (store) => {
      const { defaults } = await readCatalogue(store);
      const rows: string[][] = [];
      for await (const { name, manifest, fault } of manifestsIn(store)) {
        if (!manifest) rows.push([name, fault ?? '']);
        else {
          const { task, architecture, engine, revision } = manifest;
          const mark = defaults[task] === name ? '*' : '';
          rows.push([name, task + mark, architecture, megabytes(totalBytes(manifest)), engine.name, revision]);
        }
      }
      console.log(rows.length > 0 ? toTable(rows) : 'no model is published');
    });
  },
};
