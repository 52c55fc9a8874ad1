// The same bundle as the last time, for as long as none of the files that it was made of has changed: to make it takes as much of the machine
// as to copy a model.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { V4ModuleDefinition as ModuleDefinition } from 'miniflare';
import * as z from 'zod/mini';
import { ROOT } from '../wrangler-config.ts';
import { bundleScript, modulesOf } from './bundle.ts';

const FOLDER = join(ROOT, 'node_modules', '.cache', 'edge-pipelines');
/** How it is made, by what, and of which versions. */
const MAKERS = ['model-assets/host/bundle.ts', 'package-lock.json'];

/** Paths in the project: in a copy of it they are the copy's own files. */
const kept = z.object({
  inputs: z.array(z.string()),
  hash: z.string(),
  script: z.string(),
  wasm: z.record(z.string(), z.string()),
});

/** As `bundle`, and kept. */
export async function keptBundle(entry: string, isLean: boolean): Promise<ModuleDefinition[]> {
  const path = join(FOLDER, `${entry.replaceAll('/', '-')}${isLean ? '-lean' : ''}.json`);
  const known = await readKept(path);
  if (known && (await hashOf(known.inputs)) === known.hash) return modulesOf(known);
  const { inputs, ...bundled } = await bundleScript(entry, isLean);
  await keep(path, { ...bundled, inputs, hash: await hashOf(inputs) });
  return modulesOf(bundled);
}

async function readKept(path: string) {
  try {
    return kept.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Undefined where one of them is gone. */
async function hashOf(inputs: readonly string[]): Promise<string | undefined> {
  try {
    const files = await Promise.all([...MAKERS, ...inputs].map((path) => readFile(join(ROOT, path))));
    const hash = createHash('sha256');
    for (const file of files) hash.update(`${file.byteLength} `).update(file);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}

/** Where it cannot be kept, it is made again. */
async function keep(path: string, content: unknown): Promise<void> {
  const own = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(own, JSON.stringify(content));
    await rename(own, path);
  } catch {}
}
