// Remembers what was read for an interval. One read serves all who ask meanwhile; a failure is forgotten at once.

export class Memo<T> {
  readonly #ttl: number;
  readonly #entries = new Map<string, { value: Promise<T>; readAt: number }>();

  /** `ttl`: milliseconds. The clock of an isolate moves from one request to the next, which is all that this needs. */
  constructor(ttl: number) {
    this.#ttl = ttl;
  }

  /** `keepAlive` is given the read, which others may wait for, so that it does not end with the request that began it. */
  get(key: string, read: () => Promise<T>, keepAlive: (promise: Promise<unknown>) => void): Promise<T> {
    const known = this.#entries.get(key);
    if (known && Date.now() - known.readAt < this.#ttl) return known.value;
    const entry = { value: read(), readAt: Date.now() };
    this.#entries.set(key, entry);
    keepAlive(
      entry.value.catch(() => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      }),
    );
    return entry.value;
  }
}
