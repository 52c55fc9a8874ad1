// The pool of a compiled tokenizer: tables that steps name by offset, each there once. Layouts: shared/tokenizer/pipeline-format.ts.

import { UNICODE_BLOCK, UNICODE_BLOCKS } from '../../shared/tokenizer/format.ts';
import { MAX_MAPPED, PAIR_MULTIPLIER_A, PAIR_MULTIPLIER_B } from '../../shared/tokenizer/pipeline-format.ts';
import { keyOfTable } from './unicode-packing.ts';

const CODE_POINTS = 0x110000;

export class Pool {
  readonly #parts: Uint8Array[] = [];
  readonly #known = new Map<string, number>();
  readonly #reserved = new Map<number, Uint8Array>();
  #length = 0;

  /** The offset of `bytes`, on a multiple of 8. */
  add(bytes: Uint8Array): number {
    const key = bytes.length < 65536 ? keyOfTable(bytes) : undefined;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const offset = this.#length;
    const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
    padded.set(bytes);
    this.#parts.push(padded);
    this.#length += padded.length;
    if (key !== undefined) this.#known.set(key, offset);
    return offset;
  }

  /** The offset of `length` bytes that `fill` will write. */
  reserve(length: number): number {
    const offset = this.#length;
    const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
    this.#parts.push(bytes);
    this.#reserved.set(offset, bytes);
    this.#length += bytes.length;
    return offset;
  }

  fill(offset: number, bytes: Uint8Array): void {
    this.#reserved.get(offset)?.set(bytes);
  }

  addWords(words: readonly number[] | Uint32Array): number {
    return this.add(new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer));
  }

  /** Of a class below 256 for every code point. */
  addClasses(classes: ArrayLike<number>): number {
    const { numbers, blocks } = inBlocks(Uint8Array.from(classes));
    const bytes = new Uint8Array(4 + 2 * UNICODE_BLOCKS + UNICODE_BLOCK * blocks.length);
    new DataView(bytes.buffer).setUint32(0, blocks.length, true);
    bytes.set(new Uint8Array(numbers.buffer), 4);
    for (const [i, block] of blocks.entries()) bytes.set(block, 4 + 2 * UNICODE_BLOCKS + i * UNICODE_BLOCK);
    return this.add(bytes);
  }

  /** Of the classes of a map from code points; 0 for all others. */
  addClassMap(...maps: readonly ReadonlyMap<number, number>[]): number {
    const classes = new Uint8Array(CODE_POINTS);
    for (const map of maps) for (const [codePoint, value] of map) classes[codePoint] = value;
    return this.addClasses(classes);
  }

  addMap(map: ReadonlyMap<number, readonly number[]>): number {
    const entries = new Uint16Array(CODE_POINTS);
    const words: number[] = [];
    const known = new Map<string, number>();
    for (const [codePoint, targets] of map) {
      if (targets.length > MAX_MAPPED)
        throw new Error(`U+${codePoint.toString(16)} becomes ${targets.length} characters`);
      const key = targets.join();
      let index = known.get(key);
      if (index === undefined) {
        index = words.push(targets.length, ...targets) - targets.length;
        known.set(key, index);
      }
      entries[codePoint] = index;
    }
    if (words.length > 0xffff) throw new Error('a map of characters does not fit 16 bits');
    const { numbers, blocks } = inBlocks(entries);
    const wordsAt = 8 + 2 * UNICODE_BLOCKS + 2 * UNICODE_BLOCK * blocks.length;
    const bytes = new Uint8Array(wordsAt + 4 * words.length);
    new Uint32Array(bytes.buffer, 0, 2).set([blocks.length, words.length]);
    bytes.set(new Uint8Array(numbers.buffer), 8);
    for (const [i, block] of blocks.entries()) {
      new Uint16Array(bytes.buffer, 8 + 2 * (UNICODE_BLOCKS + i * UNICODE_BLOCK), UNICODE_BLOCK).set(block);
    }
    new Uint32Array(bytes.buffer, wordsAt).set(words);
    return this.add(bytes);
  }

  /** A hash table from two numbers to a third; `mask` is the number of its slots less one. */
  static pairs(
    pairs: readonly (readonly [first: number, second: number, value: number])[],
    empty: number,
  ): { mask: number; words: Uint32Array } {
    let slots = 4;
    while (slots < pairs.length * 1.5) slots *= 2;
    const words = new Uint32Array(slots * 3);
    for (let slot = 0; slot < slots; slot++) words[slot * 3 + 2] = empty;
    for (const [first, second, value] of pairs) {
      const mixed = Math.imul(first, PAIR_MULTIPLIER_A) ^ Math.imul(second, PAIR_MULTIPLIER_B);
      let slot = (mixed ^ (mixed >>> 15)) & (slots - 1);
      while (words[slot * 3 + 2] !== empty) slot = (slot + 1) & (slots - 1);
      words.set([first, second, value], slot * 3);
    }
    return { mask: slots - 1, words };
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

function inBlocks<T extends Uint8Array | Uint16Array>(values: T): { numbers: Uint16Array; blocks: T[] } {
  const blocks: T[] = [];
  const known = new Map<string, number>();
  const numbers = Uint16Array.from({ length: UNICODE_BLOCKS }, (_, b) => {
    const block = values.subarray(b * UNICODE_BLOCK, (b + 1) * UNICODE_BLOCK) as T;
    const key = keyOfTable(block);
    const number = known.get(key) ?? blocks.push(block) - 1;
    known.set(key, number);
    return number;
  });
  return { numbers, blocks };
}
