// npm run deploy -- [--with-onnxruntime | --without-onnxruntime] [flags of wrangler deploy]
//
// Uploads the Worker, with onnxruntime-web only where a published model needs it: that is most of the script.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Manifest } from '../shared/model/manifest.ts';
import { manifestsIn } from './bucket/inventory.ts';
import type { ObjectStore } from './bucket/object-store.ts';
import { report, UsageError } from './commands/command.ts';
import { withStore } from './commands/with-store.ts';
import { shipped } from './shipped.ts';

const ROOT = join(import.meta.dirname, '..');
const WITH = '--with-onnxruntime';
const WITHOUT = '--without-onnxruntime';
const HELP = `npm run deploy -- [${WITH} | ${WITHOUT}] [flags of wrangler deploy]

  Uploads the Worker. onnxruntime-web, which is most of the script, goes with it only where a model in the account's bucket needs it
  (with --dry-run: in the local one). Where nothing is published, what ships decides.

  ${WITH}       whatever is published
  ${WITHOUT}    whatever is published: models that need it answer 502`;

process.exitCode = await main(process.argv.slice(2));

async function main(flags: readonly string[]): Promise<number> {
  try {
    if (!flags.includes('--help')) return await deploy(flags);
    console.log(HELP);
    return 0;
  } catch (error) {
    return report(error, 'deploy', HELP);
  }
}

async function deploy(given: readonly string[]): Promise<number> {
  const wrangler = given.filter((flag) => flag !== WITH && flag !== WITHOUT);
  const { isWith, why } = await choose(given, !given.includes('--dry-run'));
  console.log(`${isWith ? 'with' : 'without'} onnxruntime-web: ${why}`);
  const alias = isWith ? [] : ['--alias', '#onnxruntime:./shared/runtime/without-onnxruntime.ts'];
  const binary = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  const { status } = spawnSync(process.execPath, [binary, 'deploy', '--env=', ...alias, ...wrangler], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return status ?? 1;
}

async function choose(given: readonly string[], remote: boolean): Promise<{ isWith: boolean; why: string }> {
  if (given.includes(WITH) && given.includes(WITHOUT)) throw new UsageError(`it takes ${WITH} or ${WITHOUT}, not both`);
  if (given.includes(WITH)) return { isWith: true, why: 'it was asked for' };
  if (given.includes(WITHOUT)) return { isWith: false, why: 'it was asked for' };
  const manifests = await published(remote).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`what is published cannot be read (${reason}); ${WITH} or ${WITHOUT} decides without it`);
  });
  const needing = manifests.find(({ engine }) => engine.name === 'onnxruntime-web');
  if (needing) return { isWith: true, why: `${needing.name} needs it (${needing.engine.reason})` };
  return { isWith: false, why: `all ${manifests.length} models run on the project's own engine` };
}

async function published(isRemote: boolean): Promise<readonly Manifest[]> {
  const found = await withStore({ remote: isRemote }, manifestsOf);
  if (found.length > 0) return found;
  console.log('nothing is published yet: going by what ships');
  return (await shipped()).map(({ manifest }) => manifest);
}

async function manifestsOf(store: ObjectStore): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for await (const { manifest, fault } of manifestsIn(store)) {
    if (!manifest) throw new Error(fault);
    manifests.push(manifest);
  }
  return manifests;
}
