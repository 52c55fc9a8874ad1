// npm run models -- publish

import { openBucket } from '../bucket.ts';
import { publish } from '../publish.ts';
import { shipped } from '../shipped.ts';
import { type Command, exactly } from './command.ts';

export const publishCommand: Command = {
  name: 'publish',
  usage: '[--remote]',
  summary: 'put the checkpoints that come with the project into the bucket',
  help: `All trained checkpoints that ship, and seeded ones, which were never trained, for the tasks that none of those serves.
For your own: add.

  --remote  the bucket of your Cloudflare account, instead of the local one`,
  options: { remote: { type: 'boolean', default: false } },
  async run(positionals, { remote }) {
    exactly(positionals);
    const { bucket, close } = await openBucket(remote === true);
    try {
      for (const checkpoint of await shipped()) {
        const { name, revision } = checkpoint.manifest;
        const changed = await publish(bucket, checkpoint);
        console.log(`${name} ${revision} ${changed ? 'published' : 'is live already'}`);
      }
    } finally {
      await close();
    }
  },
};
