// npm run models -- gc

import { collectGarbage } from '../bucket/collect.ts';
import { readWranglerConfig } from '../wrangler-config.ts';
import { type Command, exactly } from './command.ts';
import { counted, megabytes } from './sizes.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const gcCommand: Command = {
  name: 'gc',
  usage: '[--now] [--remote | --persist-to f]',
  summary: 'delete blobs that no model needs',
  help: `They stay behind where a model was removed or published anew, or a run was interrupted. What is being published at the same time is
spared, and so is what was begun within a day.

  --now      also soon after a publication or a removal, when a Worker may still read what was replaced or removed: for
             MANIFEST_TTL_SECONDS of wrangler.toml, and 90 s to open it
  ${STORE_HELP}`,
  options: { ...STORE_OPTIONS, now: { type: 'boolean', default: false } },
  async run(positionals, values) {
    exactly(positionals);
    await withStore(values, async (store) => {
      const { blobs, bytes, uploads } = await collectGarbage(
        store,
        values.now === true ? undefined : readWranglerConfig().manifestTtl,
      );
      console.log(
        `${counted(blobs, 'blob')} of ${megabytes(bytes)} deleted, ${counted(uploads, 'unfinished upload')} ended`,
      );
    });
  },
};
