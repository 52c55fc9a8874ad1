// Runs `npm run models` and its siblings as a person does, against stand-ins of the Hub, of a bucket and of the service.

import { spawn } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const KILL_AT = './test/model-assets/servers/kill-at.mjs';
const TOOL = ['--max-semi-space-size=8', '--import', './model-assets/strip-once.mjs', 'model-assets/models.ts'];

export interface Outcome {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Running {
  readonly outcome: Promise<Outcome>;
  kill(): void;
}

/** `onOutput`: told of all that was said on standard output so far; `isMortal`: it ends as kill-at.mjs says, with all that it has started. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onOutput: (output: string) => void = () => undefined,
  isMortal = false,
  tool: readonly string[] = TOOL,
): Running {
  const child = spawn(process.execPath, [...(isMortal ? ['--import', KILL_AT] : []), ...tool, ...args], {
    env: { ...process.env, ...env },
    cwd: ROOT,
    detached: isMortal,
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    output += chunk;
    onOutput(output);
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const outcome = new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, output, errors })));
  return { outcome, kill: () => child.kill('SIGKILL') };
}

export const run = (args: readonly string[], env: Readonly<Record<string, string>>) => start(args, env).outcome;

/** The same of `npm run hooks`, `npm run evaluate` or `npm run deploy`. */
export const runOther = (
  name: 'hooks' | 'evaluate' | 'deploy',
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) => start(args, env, undefined, false, [`model-assets/${name}.ts`]).outcome;

/** Processes on this machine that were started with a variable of the environment, directly or not. */
export function processesWith(name: string, value: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(join('/proc', pid, 'environ'), 'latin1')
        .split('\0')
        .includes(`${name}=${value}`);
    } catch {
      return false;
    }
  });
}

/** Files of a checkpoint that ships, by the paths that `to` gives them. */
export function filesOf(
  checkpoint: string,
  to: (path: string) => readonly string[] = (path) => [path],
): Map<string, Buffer> {
  const folder = join(ROOT, checkpoint);
  const paths = globSync('**', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    paths.flatMap(({ name }) => to(name).map((path) => [path, readFileSync(join(folder, name))] as const)),
  );
}
