// A process from its start to its end: how long it takes, what it says and when, and the most memory that it holds.

import { spawn } from 'node:child_process';
import { type Peak, watchMemory } from './process-memory.ts';

export interface Measured {
  readonly milliseconds: number;
  readonly output: string;
  /** All that was said by a time. */
  readonly said: readonly { readonly at: number; readonly output: string }[];
  /** Nothing where it was not watched: to watch takes time from what is watched. */
  readonly peak: Peak | undefined;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly isWatched?: boolean;
}

/** Runs Node with `args`. Throws, with what it said, where it does not end well. */
export async function measured(args: readonly string[], { env, cwd, isWatched = false }: Options): Promise<Measured> {
  const start = performance.now();
  const child = spawn(process.execPath, [...args], { env: { ...process.env, ...env }, cwd });
  const watch = isWatched ? watchMemory(child.pid ?? 0) : undefined;
  let output = '';
  const said: { at: number; output: string }[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      said.push({ at: performance.now() - start, output });
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  const milliseconds = performance.now() - start;
  watch?.stop();
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${output}`);
  return { milliseconds, output, said, peak: watch?.peak };
}
