// The texts that an isolate writes at once, as far as their caches fit together: the others wait, first come, first served. Waiting
// costs nothing, for there is one thread.

export class CacheGate {
  #left: number;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Resolves once there is room, with what gives it back. Throws the signal's reason if it is aborted before. */
  async enter(bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && bytes <= this.#left) this.#left -= bytes;
    else await this.#turn(bytes, signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#left += bytes;
      this.#letIn();
    };
  }

  #turn(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
        // Whoever stood behind may be smaller.
        this.#letIn();
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiting = { bytes, enter };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next && next.bytes <= this.#left; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#left -= next.bytes;
      next.enter();
    }
  }
}
