// npm run models -- publish [folder …] [--remote]

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBucket } from './bucket.ts';
import { readCheckpoint } from './checkpoint.ts';
import { publish } from './publish.ts';

const HELP = `npm run models -- publish [folder …] [--remote]

  publish   put checkpoints into R2, where the Worker finds them. A folder holds config.json, tokenizer.json, model.onnx and a
            card, README.md; its name is the model's. Without a folder: all that ship with the project.

  --remote  the bucket of your Cloudflare account that wrangler.toml names, instead of the local one
  --help    this text`;

const SHIPPED = join(import.meta.dirname, 'checkpoints');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { remote: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const [command, ...folders] = positionals;

if (values.help) {
  console.log(HELP);
} else if (command === 'publish') {
  await publishAll(folders.length > 0 ? folders : await shipped(), values.remote);
} else {
  console.error(`${command ? `there is no command ${command}` : 'a command is missing'}\n\n${HELP}`);
  process.exitCode = 2;
}

async function publishAll(folders: readonly string[], remote: boolean): Promise<void> {
  const { bucket, close } = await openBucket(remote);
  try {
    for (const folder of folders) {
      const checkpoint = await readCheckpoint(folder, basename(folder));
      const { name, revision } = checkpoint.manifest;
      const changed = await publish(bucket, checkpoint);
      console.log(`${name} ${revision} ${changed ? 'published' : 'is live already'}`);
    }
  } finally {
    await close();
  }
}

async function shipped(): Promise<string[]> {
  const entries = await readdir(SHIPPED, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(SHIPPED, name));
}
