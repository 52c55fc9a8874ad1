// npm run models -- show

import { readCatalogue } from '../bucket/catalogue-writer.ts';
import { readManifest } from '../bucket/inventory.ts';
import { type Command, exactly } from './command.ts';
import { describe } from './describe.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const showCommand: Command = {
  name: 'show',
  usage: '<model> [--json] [--remote | --persist-to f]',
  summary: 'what is known of a model',
  help: `What it is for, where it is from, what runs it, how large it is, and its files with their hashes.

  --json     its manifest, as it is in the bucket
  ${STORE_HELP}`,
  options: { ...STORE_OPTIONS, json: { type: 'boolean', default: false } },
  async run(positionals, values) {
    const [name = ''] = exactly(positionals, 'the name of a model');
    await withStore(values, async (store) => {
      const manifest = await readManifest(store, name);
      if (values.json) return console.log(JSON.stringify(manifest, null, 2));
      const { defaults } = await readCatalogue(store);
      for (const line of describe(manifest)) console.log(line);
      if (defaults[manifest.task] === name) console.log(`answers requests of ${manifest.task} that name no model`);
      for (const [path, { sha256, bytes }] of Object.entries(manifest.files)) {
        console.log(`  ${sha256}  ${String(bytes).padStart(10)}  ${path}`);
      }
    });
  },
};
