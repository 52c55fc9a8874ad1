// An engine with nothing around it: tensors are laid out in its memory by hand, each between canaries, and commands are run on them. A
// canary is of bytes of 255: no number as a float, so that what is read beyond a tensor shows in the result too.

import { END } from '../../../shared/runtime/engine/command-format.ts';

const CANARY = 64;
const PAGE = 65536;

interface Exports {
  readonly memory: WebAssembly.Memory;
  base(): number;
  probe(): number;
  setMode(mode: number): void;
  run(commands: number): number;
}

export type Command = readonly [code: number, ...words: readonly number[]];

/** The bits of a float, as commands hold them. */
export function bits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

export class Machine {
  readonly exports: Exports;
  readonly #tensors: { at: number; length: number; original: Uint8Array | null }[] = [];
  #top: number;

  constructor(module: WebAssembly.Module) {
    this.exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    this.#top = this.exports.base();
    if (this.#top % 16 !== 0) throw new Error(`base ${this.#top}`);
  }

  get #bytes(): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer);
  }

  /** Forgets all tensors. */
  clear(): void {
    this.#tensors.length = 0;
    this.#top = this.exports.base();
  }

  /** A tensor that commands may write; full of 255, or of the data. */
  room(length: number, data?: ArrayBufferView): number {
    const at = this.#place(length);
    this.#bytes.fill(255, at, at + length);
    if (data) this.#bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    this.#tensors.push({ at, length, original: null });
    return at;
  }

  /** A tensor that commands only read. */
  put(data: ArrayBufferView): number {
    const at = this.room(data.byteLength, data);
    this.#tensors.pop();
    this.#tensors.push({ at, length: data.byteLength, original: this.#bytes.slice(at, at + data.byteLength) });
    return at;
  }

  /** The same, its end at the end of memory: who reads further traps. One at a time. */
  putAtEnd(data: ArrayBufferView): number {
    this.#reserve(this.#top + data.byteLength + 2 * PAGE);
    const at = this.exports.memory.buffer.byteLength - data.byteLength;
    this.#bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    return at;
  }

  floats(values: Iterable<number>): number {
    return this.put(Float32Array.from(values));
  }

  integers(values: Iterable<number>): number {
    return this.put(Int32Array.from(values));
  }

  /** Runs the commands; then nothing but what may be written has changed. */
  run(...commands: readonly Command[]): number {
    const words = commands.flatMap(([code, ...rest]) => [code, rest.length + 2, ...rest]);
    const list = this.integers([...words, END]);
    const result = this.exports.run(list);
    this.#check();
    this.#tensors.pop();
    this.#top = list;
    return result;
  }

  readFloats(at: number, count: number): Float32Array {
    return new Float32Array(this.exports.memory.buffer, at, count).slice();
  }

  readIntegers(at: number, count: number): Int32Array {
    return new Int32Array(this.exports.memory.buffer, at, count).slice();
  }

  readBytes(at: number, count: number): Uint8Array {
    return this.#bytes.slice(at, at + count);
  }

  #place(length: number): number {
    const at = (this.#top + CANARY + 15) & ~15;
    this.#reserve(at + length + CANARY);
    const bytes = this.#bytes;
    bytes.fill(255, this.#top, at);
    bytes.fill(255, at + length, at + length + CANARY);
    this.#top = at + length + CANARY;
    return at;
  }

  #reserve(end: number): void {
    const missing = end - this.exports.memory.buffer.byteLength;
    if (missing > 0) this.exports.memory.grow(Math.ceil(missing / PAGE));
  }

  #check(): void {
    const bytes = this.#bytes;
    for (const [n, { at, length, original }] of this.#tensors.entries()) {
      const around = [...bytes.subarray(at - CANARY, at), ...bytes.subarray(at + length, at + length + CANARY)];
      if (around.some((byte) => byte !== 255)) throw new Error(`a command wrote around tensor ${n}`);
      if (original?.some((byte, i) => byte !== bytes[at + i])) throw new Error(`a command wrote over tensor ${n}`);
    }
  }
}
