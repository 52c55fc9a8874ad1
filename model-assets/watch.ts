// Ends a request that brings too little: a connection may stay open and be dead.

export interface Slowest {
  /** A server that sends less than so many bytes … */
  readonly bytes: number;
  /** … in so long is left, and asked anew. */
  readonly milliseconds: number;
}

export const SLOWEST: Slowest = { bytes: 2 ** 15, milliseconds: 30_000 };

/** From when it is made until it is ended. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;
  isSlow = false;
  readonly reason: string;

  constructor({ bytes, milliseconds }: Slowest) {
    this.reason = `less than ${bytes} bytes came in ${milliseconds / 1000} s`;
    this.#timer = setInterval(() => {
      if (this.#bytes < bytes) {
        this.isSlow = true;
        this.end();
        this.#controller.abort();
      }
      this.#bytes = 0;
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  see(bytes: number): void {
    this.#bytes += bytes;
  }

  /** To be called, or the process stays until a server is slow. */
  end(): void {
    clearInterval(this.#timer);
  }
}
