// Runs a Worker in workerd, with a folder that it reads from as if it were a bucket. workerd alone: what miniflare puts around it, a trial
// does not need, and it takes a second of two cores to start.
// Source of the configuration: workerd.capnp in the package workerd.

import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { V4ModuleDefinition as ModuleDefinition } from 'miniflare';
import * as z from 'zod/mini';
import { readWranglerConfig } from '../wrangler-config.ts';

export interface Serving {
  /** Where it listens, on loopback. */
  readonly origin: string;
  close(): Promise<void>;
}

/** The package has its path, and no types. */
const { default: WORKERD } = z.object({ default: z.string() }).parse(createRequire(import.meta.url)('workerd'));

/** The Cache API wants something behind it: here nothing is ever found. */
const NO_CACHE = `export default {
  fetch: ({ method }) => new Response(null, { status: method === 'PUT' ? 204 : 504, headers: { 'cf-cache-status': 'MISS' } }),
};`;

/**
 * `folder`: for what workerd reads; the Worker has `folder`/objects as its service OBJECTS, by path. What is pushed to `closing` ends it.
 * Throws where workerd ends before it listens.
 */
export async function serveWorker(
  modules: readonly ModuleDefinition[],
  folder: string,
  closing: (() => Promise<void>)[],
): Promise<Serving> {
  await mkdir(join(folder, 'objects'), { recursive: true });
  await Promise.all(modules.map(({ path, contents }) => writeFile(join(folder, path), contents ?? '')));
  await writeFile(join(folder, 'config.capnp'), configOf(modules, folder));
  // What it logs is for who debugs it. By the third descriptor it tells its port.
  const child = spawn(WORKERD, ['serve', '--control-fd=3', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'ignore', process.env.DEBUG ? 'inherit' : 'ignore', 'pipe'],
  });
  const ended = new Promise<undefined>((resolve) => {
    for (const event of ['exit', 'error'] as const) child.once(event, () => resolve(undefined));
  });
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  closing.push(close);
  // However soon this process ends, it does not leave it behind.
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  void ended.then(() => process.off('exit', end));
  const [, , , control] = child.stdio;
  const port = control instanceof Readable ? await Promise.race([portFrom(control), ended]) : undefined;
  if (port === undefined) throw new Error('workerd ended before it listened (DEBUG=1 shows what it says)');
  return { origin: `http://127.0.0.1:${port}`, close };
}

/** What workerd says on its control descriptor: an object a line. */
async function portFrom(control: Readable): Promise<number | undefined> {
  let said = '';
  for await (const chunk of control) {
    said += chunk;
    const [, port] = /"event":\s*"listen".*"port":\s*(\d+)/.exec(said) ?? [];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}

function configOf(modules: readonly ModuleDefinition[], folder: string): string {
  const { compatibilityDate, compatibilityFlags, vars } = readWranglerConfig();
  const variables = Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${modules.map(moduleOf).join(', ')}],
      compatibilityDate = ${text(compatibilityDate)},
      compatibilityFlags = [${compatibilityFlags.map(text).join(', ')}],
      bindings = [(name = "OBJECTS", service = "objects"), ${variables.join(', ')}],
      cacheApiOutbound = "no-cache",
    )),
    (name = "objects", disk = (path = ${text(join(folder, 'objects'))})),
    (name = "no-cache", worker = (
      modules = [(name = "no-cache", esModule = ${text(NO_CACHE)})],
      compatibilityDate = ${text(compatibilityDate)},
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

const moduleOf = ({ type, path }: ModuleDefinition) =>
  `(name = ${text(path)}, ${type === 'CompiledWasm' ? 'wasm' : 'esModule'} = embed ${text(path)})`;

/** A text as Cap'n Proto writes one, which for what stands here is as JSON does. */
const text = (value: string) => JSON.stringify(value);
