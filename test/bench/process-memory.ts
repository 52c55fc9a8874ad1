// The most memory that processes have held, by Linux's own account.

import { readdirSync, readFileSync } from 'node:fs';

const INTERVAL = 20;

export interface Peak {
  /** Bytes of the process itself. */
  own: number;
  /** Of all that it has started, added up. */
  others: number;
}

/** Watches a process and what it starts, until `stop`. Where there is no /proc, nothing is seen. */
export function watchMemory(pid: number): { readonly peak: Peak; stop(): void } {
  const peak: Peak = { own: 0, others: 0 };
  const sample = () => {
    const parents = parentsOf();
    const below = [...parents.keys()].filter((each) => each !== pid && isBelow(each, pid, parents));
    peak.own = Math.max(peak.own, bytesOf(pid, 'VmHWM'));
    peak.others = Math.max(
      peak.others,
      below.reduce((sum, each) => sum + bytesOf(each, 'VmRSS'), 0),
    );
  };
  const timer = setInterval(sample, INTERVAL);
  return { peak, stop: () => clearInterval(timer) };
}

function parentsOf(): ReadonlyMap<number, number> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.map((name) => [Number(name), Number(field(Number(name), 'PPid') ?? 0)]));
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at; at = parents.get(at)) if (at === root) return true;
  return false;
}

const bytesOf = (pid: number, name: string) => 1024 * Number(/\d+/.exec(field(pid, name) ?? '')?.[0] ?? 0);

function field(pid: number, name: string): string | undefined {
  try {
    return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
