// Starts the process that runs workerd, when it is first needed.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Envelope, HostAnswer, HostRequest } from './protocol.ts';

export class Host {
  #child: ChildProcess | undefined;
  #count = 0;
  readonly #waiting = new Map<number, (answer: HostAnswer) => void>();

  /** The process, for who measures it; undefined until it is needed. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Gets it ready for a trial run, which is made in the end; what goes wrong is said there. */
  prepare(): void {
    this.ask({ kind: 'prepare' }).catch(() => undefined);
  }

  /** Throws where it says that it could not, or has ended. */
  async ask<K extends HostRequest['kind']>(
    request: HostRequest & { readonly kind: K },
  ): Promise<HostAnswer & { readonly kind: K }> {
    const child = this.#started();
    const id = ++this.#count;
    const answer = await new Promise<HostAnswer>((resolve) => {
      this.#waiting.set(id, resolve);
      const envelope: Envelope<HostRequest> = { id, message: request };
      child.send(envelope, (error) => error && resolve({ kind: 'failed', message: error.message }));
    });
    this.#waiting.delete(id);
    if (answer.kind === 'failed') throw new Error(answer.message);
    return answer as HostAnswer & { readonly kind: K };
  }

  /** Ends it, and waits until it has. */
  async close(): Promise<void> {
    const child = this.#child;
    // Of one that a signal ended there is no code.
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    // It may have been told to before.
    if (child.connected) child.disconnect();
    await exited;
  }

  #started(): ChildProcess {
    if (this.#child) return this.#child;
    // What miniflare logs is for who debugs it.
    const child = fork(join(import.meta.dirname, 'host.ts'), {
      execArgv: ['--import', pathToFileURL(join(import.meta.dirname, '..', 'strip-once.mjs')).href],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', ({ id, message }: Envelope<HostAnswer>) => this.#waiting.get(id)?.(message));
    child.on('exit', (code) => {
      const message = `the process that runs workerd has ended (${code ?? 'by a signal'})`;
      for (const resolve of this.#waiting.values()) resolve({ kind: 'failed', message });
    });
    this.#child = child;
    return child;
  }
}
