// Free room in a row of bytes, first fit: the memory of an instance, and within a run the places of what it works on.

/** Vectors lie on multiples of this, as the lines of a cache do. */
export const ALIGNMENT = 64;

export const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export class FreeList {
  /** Taken ranges, by their start, in order. */
  readonly #taken: { readonly start: number; readonly end: number }[] = [];
  readonly #start: number;
  #most = 0;

  constructor(start: number) {
    this.#start = align(start);
    this.#most = this.#start;
  }

  /** First byte that was never taken. */
  get end(): number {
    return this.#most;
  }

  take(bytes: number): number {
    const length = Math.max(align(bytes), ALIGNMENT);
    let start = this.#start;
    let at = 0;
    for (const range of this.#taken) {
      if (range.start - start >= length) break;
      start = range.end;
      at++;
    }
    this.#taken.splice(at, 0, { start, end: start + length });
    this.#most = Math.max(this.#most, start + length);
    return start;
  }

  give(start: number): void {
    const at = this.#taken.findIndex((range) => range.start === start);
    if (at >= 0) this.#taken.splice(at, 1);
  }
}
