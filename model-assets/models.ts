// npm run models -- publish [folder …] [--remote]

import { parseArgs } from 'node:util';
import { openBucket } from './bucket.ts';
import type { Checkpoint } from './checkpoint.ts';
import { publish } from './publish.ts';
import { readAll, shipped } from './shipped.ts';

const HELP = `npm run models -- publish [folder …] [--remote]

  publish   put checkpoints into R2, where the Worker finds them. A folder holds config.json, tokenizer.json, model.onnx and a
            card, README.md; its name is the model's. Without a folder: all that ship with the project, and seeded ones,
            which were never trained, for the tasks that none of those serves.

  --remote  the bucket of your Cloudflare account that wrangler.toml names, instead of the local one
  --help    this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { remote: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const [command, ...folders] = positionals;

if (values.help) {
  console.log(HELP);
} else if (command === 'publish') {
  await publishAll(folders.length > 0 ? await readAll(folders) : await shipped(), values.remote);
} else {
  console.error(`${command ? `there is no command ${command}` : 'a command is missing'}\n\n${HELP}`);
  process.exitCode = 2;
}

async function publishAll(checkpoints: readonly Checkpoint[], remote: boolean): Promise<void> {
  const { bucket, close } = await openBucket(remote);
  try {
    for (const checkpoint of checkpoints) {
      const { name, revision } = checkpoint.manifest;
      const changed = await publish(bucket, checkpoint);
      console.log(`${name} ${revision} ${changed ? 'published' : 'is live already'}`);
    }
  } finally {
    await close();
  }
}
