// What the cases so far have reached: for every counter of an instrumented module the magnitudes that it has shown.

import { COUNTERS, FIRST } from './instrument.ts';

const NOTHING = new Uint8Array(COUNTERS);

export class Coverage {
  readonly #points: number;
  readonly #seen: Uint8Array;
  #memories: WebAssembly.Memory[] = [];
  reached = 0;

  constructor(points: number) {
    this.#points = points;
    this.#seen = new Uint8Array(points);
  }

  /** The memory of an instance that begins. */
  watch(memory: WebAssembly.Memory): void {
    this.#memories.push(memory);
  }

  /**
   * Takes what the instances since the last call have counted, and says whether any of it is new, and whether it is a branch.
   * Throws if something was written where only counters, and nothing at all, may be.
   */
  take(): { isNew: boolean; isBranch: boolean } {
    let isNew = false;
    const before = this.reached;
    for (const memory of this.#memories) {
      const low = new Uint8Array(memory.buffer, 0, COUNTERS);
      const counters = low.subarray(FIRST, FIRST + this.#points);
      for (const [i, count] of counters.entries()) {
        if (count === 0) continue;
        // 1, 2, 3, 4–7, 8–15, … as in AFL; counters are bytes and wrap.
        const bit = count < 4 ? 1 << (count - 1) : 1 << Math.min(7, 32 - Math.clz32(count));
        const seen = this.#seen[i] ?? 0;
        if ((seen & bit) !== 0) continue;
        if (seen === 0) this.reached++;
        this.#seen[i] = seen | bit;
        isNew = true;
      }
      counters.fill(0);
      if (Buffer.compare(low, NOTHING) !== 0) throw new Error('memory below the statics was written');
    }
    this.#memories = [];
    return { isNew, isBranch: this.reached > before };
  }
}
