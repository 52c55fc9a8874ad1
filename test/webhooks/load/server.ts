// The Worker in a process of its own, as `npm start` has it: workerd, R2 on disk, a queue in memory. Killed with -9, it leaves behind what
// R2 had acknowledged, and nothing else.

import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from './within.ts';

const START_MS = 120_000;
const TICK_MS = 30_000;

/** What a server is started with; it travels to the other process as JSON. */
export interface ServerOptions {
  /** Where the bundled modules lie, and where R2 does. */
  readonly folder: string;
  readonly port: number;
  readonly bindings: Readonly<Record<string, string>>;
}

export interface Server {
  readonly origin: string;
  /** Fires the Worker's cron, if it answers. */
  tick(): Promise<void>;
  /** SIGKILL to workerd, then to what started it. */
  kill(): Promise<void>;
}

/** Starts a server and waits until it answers. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const child = fork(join(import.meta.dirname, 'serve.ts'), [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const origin = `http://127.0.0.1:${options.port}`;
  const get = async (path: string) => {
    const response = await fetch(`${origin}${path}`);
    await response.arrayBuffer();
    return response.ok;
  };
  const deadline = Date.now() + START_MS;
  while (!(await within(5000, get('/health')))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('the server did not start');
    await wait(50);
  }
  return {
    origin,
    tick: async () => void (await within(TICK_MS, get('/cdn-cgi/local/scheduled'))),
    kill: async () => {
      for (const pid of childrenOf(child)) process.kill(pid, 'SIGKILL');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Processes that a process of ours has started: workerd. */
function childrenOf({ pid }: ChildProcess): readonly number[] {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = list
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
