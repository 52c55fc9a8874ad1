// Remembers what was read for an interval. One read serves all who ask meanwhile; a failure is forgotten at once.

export class Memo<T> {
  readonly #ttl: number;
  readonly #entries = new Map<string, { value: Promise<T>; readAt: number }>();

  readonly #isPassing: (error: unknown) => boolean;

  /**
   * `ttl`: milliseconds. The clock of an isolate moves from one request to the next, which is all that this needs.
   * `isPassing`: tells the failures after which what was read before is believed for another interval.
   */
  constructor(ttl: number, isPassing: (error: unknown) => boolean = () => false) {
    this.#ttl = ttl;
    this.#isPassing = isPassing;
  }

  /** `keepAlive` is given the read, which others may wait for, so that it does not end with the request that began it. */
  get(key: string, read: () => Promise<T>, keepAlive: (promise: Promise<unknown>) => void): Promise<T> {
    const known = this.#entries.get(key);
    if (known && Date.now() - known.readAt < this.#ttl) return known.value;
    const value = read().catch((error: unknown) => {
      if (known && this.#isPassing(error)) return known.value;
      throw error;
    });
    const entry = { value, readAt: Date.now() };
    this.#entries.set(key, entry);
    keepAlive(
      entry.value.catch(() => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      }),
    );
    return entry.value;
  }
}
