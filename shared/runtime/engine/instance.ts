// One instance of the engine: the memory of one open model. Weights lie in it once; behind them is what runs need, and what is held
// between runs. Dropping the instance gives it all back.

import { ServiceError } from '../../errors.ts';
import { DONE, ERROR_INDEX } from './command-format.ts';
import { align, FreeList } from './free-list.ts';
import { modeFor } from './modes.ts';

/** What engine.wasm exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  base(): number;
  probe(): number;
  setMode(mode: number): void;
  run(commands: number): number;
}

const PAGE = 65536;
const MIB = 2 ** 20;

/** Bounds of an instance's memory. Beyond what an isolate has, the host would end it with all that it serves. */
export interface MemoryOptions {
  /** Bytes that the memory never passes, nor a run together with what is copied out of it. */
  readonly most?: number;
  /** Told before the memory grows by `bytes` and `copies` are made beside it: to make room elsewhere, or to throw where there is none. */
  readonly beforeGrowth?: (bytes: number, copies: number) => void;
}

export interface InstanceOptions extends MemoryOptions {
  /** Another than the machine is best at, for tests and benchmarks: a code DOT_*. */
  readonly mode?: number;
  /** Whether the weights are of a compiler that sees to pairs (program-format.ts). */
  readonly keepsToPairs?: boolean;
}

export class EngineInstance {
  readonly #exports: Exports;
  readonly #free: FreeList;
  readonly image: { readonly at: number; readonly bytes: number };
  /** How rows are quantized: a code DOT_*. */
  readonly mode: number;
  readonly #most: number;
  readonly #beforeGrowth: (bytes: number, copies: number) => void;
  #broken: unknown;

  /** Throws `overloaded` where there is no memory for the weights, `too_large` where they may never have it. */
  constructor(
    module: WebAssembly.Module,
    imageBytes: number,
    { mode, keepsToPairs = false, most = 2 ** 32, beforeGrowth }: InstanceOptions = {},
  ) {
    this.#exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    this.mode = mode ?? modeFor(this.#exports.probe(), keepsToPairs);
    this.#exports.setMode(this.mode);
    this.#most = most;
    this.#beforeGrowth = beforeGrowth ?? (() => undefined);
    this.image = { at: align(this.#exports.base()), bytes: imageBytes };
    this.#free = new FreeList(this.image.at + imageBytes);
    this.#reach(this.image.at + imageBytes);
  }

  /** Bytes of the instance's memory. It never shrinks. */
  get bytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** The memory; to be asked for again after whatever may let it grow. */
  get memory(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer);
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.#exports.memory.buffer, at, length);
  }

  ints(at: number, length: number): Int32Array {
    return new Int32Array(this.#exports.memory.buffer, at, length);
  }

  /**
   * Room that stays taken until it is given back. `copies`: bytes that the caller will copy out of it, into JavaScript's heap. Throws `overloaded`
   * where the memory cannot grow now, `too_large` where a new instance would not have room for both either.
   */
  take(bytes: number, copies = 0): number {
    const at = this.#free.take(bytes);
    try {
      this.#reach(at + bytes, copies);
    } catch (error) {
      this.#free.give(at);
      throw error;
    }
    return at;
  }

  give(at: number): void {
    this.#free.give(at);
  }

  /** Carries out commands. Throws `invalid_input` for an index that points at nothing; after a trap, `model_unavailable` for ever. */
  run(commands: number): void {
    if (this.#broken)
      throw new ServiceError('model_unavailable', 'the engine of the model has failed before', { cause: this.#broken });
    let code: number;
    try {
      code = this.#exports.run(commands);
    } catch (error) {
      this.#broken = error;
      throw new ServiceError('model_unavailable', 'the engine of the model has failed', { cause: error });
    }
    if (code === DONE) return;
    if (code === ERROR_INDEX) {
      throw new ServiceError(
        'invalid_input',
        'a token, a position or a segment has a number that the model does not know',
      );
    }
    throw new ServiceError(
      'model_unavailable',
      `the engine does not know a command of the program (code ${code}); publish the model again`,
    );
  }

  /** Whether the engine has failed: what is in its memory is not to be trusted. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  #reach(end: number, copies = 0): void {
    // What it takes by itself: memory that other runs have let grow is no reason to refuse one that has always fitted.
    const needed = end + copies;
    if (needed > this.#most) {
      throw new ServiceError(
        'too_large',
        `with this input the model would need ${Math.ceil(needed / MIB)} MiB of memory; it may have ${Math.floor(this.#most / MIB)}: send less at once`,
      );
    }
    const missing = Math.max(0, end - this.bytes);
    if (missing + copies === 0) return;
    const pages = Math.ceil(missing / PAGE);
    this.#beforeGrowth(pages * PAGE, copies);
    if (pages === 0) return;
    try {
      this.#exports.memory.grow(pages);
    } catch (cause) {
      throw new ServiceError('overloaded', `the engine has no room for ${missing} bytes more`, { cause });
    }
  }
}
