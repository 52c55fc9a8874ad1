// npm run models -- verify

import { verify } from '../bucket/verify.ts';
import { type Command, CommandFailed, exactly } from './command.ts';
import { Progress } from './progress.ts';
import { counted, megabytes } from './sizes.ts';
import { STORE_HELP, STORE_OPTIONS, withStore } from './with-store.ts';

export const verifyCommand: Command = {
  name: 'verify',
  usage: '[--repair] [--remote | --persist-to f]',
  summary: 'hash everything in the bucket again',
  help: `Reads every blob that a model needs, and compares it with the hash under which it is published. It ends with 1 where
something is missing or altered, and says what, and what mends it.

  --repair   empty blobs that were altered: add sends what is missing or of another length, and takes the rest for what it was
  ${STORE_HELP}`,
  options: { ...STORE_OPTIONS, repair: { type: 'boolean', default: false } },
  async run(positionals, values) {
    exactly(positionals);
    await withStore(values, async (store) => {
      const progress = new Progress('verifying');
      const start = performance.now();
      const { models, blobs, bytes, faults } = await verify(
        store,
        (total) => progress.start(total),
        (done) => progress.add(done),
        values.repair === true,
      );
      progress.end();
      const rate = megabytes((1000 * bytes) / (performance.now() - start));
      for (const fault of faults) console.error(fault);
      if (faults.length > 0) throw new CommandFailed(`${faults.length} of what is published is not as it was`);
      console.log(
        `${counted(models, 'model')}, ${counted(blobs, 'blob')}, ${megabytes(bytes)}: all as published (${rate}/s)`,
      );
    });
  },
};
