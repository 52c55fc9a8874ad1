// The CPU time of a process and its children, which waiting for a turn on a busy machine does not add to, and which the platform bills.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Clock } from './measure.ts';

/**
 * Milliseconds that all threads of the workerd processes under this one have run. Where the system does not tell (it is Linux that does), the
 * time of day, which is the same on a machine that does nothing else.
 */
export function workerdClock(): Clock {
  if (!existsSync('/proc/self/schedstat')) return () => performance.now();
  const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isOurWorkerd(pid));
  return () => pids.reduce((sum, pid) => sum + nanoseconds(pid), 0) / 1e6;
}

/** The same, and what this process has run: for a peer that runs in it. */
export function bothClock(): Clock {
  const workerd = workerdClock();
  if (!existsSync('/proc/self/schedstat')) return workerd;
  return () => {
    const { user, system } = process.cpuUsage();
    return workerd() + (user + system) / 1e3;
  };
}

function isOurWorkerd(pid: string): boolean {
  // pid (name) state parent …
  const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readOr(`/proc/${pid}/stat`, '')) ?? [];
  return name === 'workerd' && Number(parent) === process.pid;
}

function nanoseconds(pid: string): number {
  const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  return threads.reduce(
    (sum, thread) => sum + Number(readOr(`/proc/${pid}/task/${thread}/schedstat`, '0').split(' ')[0]),
    0,
  );
}

/** Threads end while they are looked at. */
function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}
