// An instance in which every tensor stands between canaries, and no place is used twice. All room is full of bytes of 255 when it is handed
// out, which are no number as floats: what is read before it is written, or beyond its end, shows in what comes out.

import { FreeList } from '../../../shared/runtime/engine/free-list.ts';
import { EngineInstance } from '../../../shared/runtime/engine/instance.ts';

const CANARY = 64;

interface Range {
  readonly at: number;
  readonly bytes: number;
}

const given = new WeakMap<FreeList, Range[]>();
/** Of the plan that was made last. */
let planned: Range[] = [];
let isOfInstance = false;

const { take, give } = FreeList.prototype;

/** For as long as `job` runs: a program is planned more than once, so the lists of all plans are guarded, and only those of instances give back. */
export async function guarded<T>(job: () => Promise<T>): Promise<T> {
  FreeList.prototype.take = function (this: FreeList, bytes: number): number {
    const at = take.call(this, bytes + 2 * CANARY) + CANARY;
    if (isOfInstance) return at;
    const ranges = given.get(this) ?? [];
    ranges.push({ at, bytes });
    given.set(this, ranges);
    planned = ranges;
    return at;
  };
  FreeList.prototype.give = function (this: FreeList, at: number): void {
    if (isOfInstance) give.call(this, at - CANARY);
  };
  try {
    return await job();
  } finally {
    FreeList.prototype.take = take;
    FreeList.prototype.give = give;
  }
}

export class GuardedInstance extends EngineInstance {
  readonly #rooms = new Map<number, Range>();
  readonly #image: Uint8Array;
  /** Canaries that were looked at. */
  canaries = 0;

  constructor(module: WebAssembly.Module, image: Uint8Array, mode?: number) {
    super(module, image.byteLength, { keepsToPairs: true, ...(mode !== undefined && { mode }) });
    this.#image = image;
    this.memory.set(image, this.image.at);
  }

  override take(bytes: number): number {
    isOfInstance = true;
    try {
      // Up to the end of the canary behind it.
      const at = super.take(bytes + CANARY);
      this.#rooms.set(at, { at, bytes });
      this.memory.fill(255, at - CANARY, at + bytes + CANARY);
      planned = [];
      return at;
    } finally {
      isOfInstance = false;
    }
  }

  override give(at: number): void {
    isOfInstance = true;
    this.#rooms.delete(at);
    super.give(at);
    isOfInstance = false;
  }

  override run(commands: number): void {
    super.run(commands);
    for (const range of [...planned, ...this.#rooms.values()]) this.#check(range);
    const { at, bytes } = this.image;
    const now = this.memory.subarray(at, at + bytes);
    for (let i = 0; i < bytes; i++) if (now[i] !== this.#image[i]) throw new Error('a command wrote over weights');
  }

  #check({ at, bytes }: Range): void {
    const { memory } = this;
    const around = [memory.subarray(at - CANARY, at), memory.subarray(at + bytes, at + bytes + CANARY)];
    if (around.some((canary) => canary.some((byte) => byte !== 255))) throw new Error(`a command wrote around ${at}`);
    this.canaries += 2;
  }
}
