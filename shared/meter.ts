// What one request cost, in what can be known at the edge: time only where I/O moves the clock, counts everywhere else.

type Timed = 'r2' | 'cache';
/** `steps`: of a decoder, one for each new token; `decoder-mib`: what they cost, positions × MiB of the decoder. */
type Counted = 'tokens' | 'rows' | 'runs' | 'steps' | 'decoder-mib';

export class Meter {
  readonly #io = new Map<Timed, { ms: number; reads: number; bytes: number }>();
  readonly #counts = new Map<Counted, number>();

  count(what: Counted, by: number): void {
    this.#counts.set(what, this.counted(what) + by);
  }

  counted(what: Counted): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Times a read; `size` tells the bytes of what it gave. */
  async time<T>(what: Timed, read: () => Promise<T>, size: (value: T) => number): Promise<T> {
    const started = Date.now();
    const value = await read();
    const before = this.#io.get(what) ?? { ms: 0, reads: 0, bytes: 0 };
    this.#io.set(what, {
      ms: before.ms + Date.now() - started,
      reads: before.reads + 1,
      bytes: before.bytes + size(value),
    });
    return value;
  }

  /** The `Server-Timing` header: durations in ms for I/O, counts in `desc`. Empty when nothing was metered. */
  toHeader(): string {
    const io = [...this.#io].map(
      ([name, { ms, reads, bytes }]) => `${name};dur=${ms};desc="${reads} reads, ${bytes} bytes"`,
    );
    const counts = [...this.#counts].map(([name, count]) => `${name};desc="${Math.round(count)}"`);
    return [...io, ...counts].join(', ');
  }
}
