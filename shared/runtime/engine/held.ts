// Tensors that stay in the engine's memory between runs: keys and values, with room behind them for further tokens.
//
//   [rows][heads][capacity][size]     of each head the first `tokens` are there
//
// Two of one block may be held at once, the shorter as it was before the longer went on from it.

import { ServiceError } from '../../errors.ts';
import { moveRows } from '../move-rows.ts';
import type { Held } from '../session.ts';
import type { EngineInstance } from './instance.ts';

interface Block {
  readonly at: number;
  /** Tensors that are held in it. */
  holders: number;
  /** Tokens that are written: who holds fewer cannot go on in place. */
  written: number;
}

export class EngineHeld implements Held {
  readonly instance: EngineInstance;
  readonly capacity: number;
  #dims: readonly number[];
  #block: Block;
  #isReleased = false;

  private constructor(instance: EngineInstance, block: Block, dims: readonly number[], capacity: number) {
    this.instance = instance;
    this.#block = block;
    this.#dims = dims;
    this.capacity = capacity;
    block.holders += 1;
  }

  /** Room for a tensor, with `capacity` tokens in the third dimension where it is a cache. Nothing is written. */
  static make(instance: EngineInstance, dims: readonly number[], capacity = tokensOf(dims)): EngineHeld {
    const at = instance.take(4 * elements(dims, capacity));
    return new EngineHeld(instance, { at, holders: 0, written: tokensOf(dims) }, dims, capacity);
  }

  get dims(): readonly number[] {
    return this.#dims;
  }

  get at(): number {
    if (this.#isReleased) throw new ServiceError('internal', 'a tensor is used that was released');
    return this.#block.at;
  }

  /** Elements that its block has room for. */
  get room(): number {
    return elements(this.#dims, this.capacity);
  }

  /** Whether tokens up to `tokens` can be written behind what is there. */
  canGrow(tokens: number): boolean {
    return tokens <= this.capacity && this.#block.written === tokensOf(this.#dims);
  }

  /** The same block with more tokens, which the caller has written, or will. */
  grown(tokens: number): EngineHeld {
    this.#block.written = tokens;
    return new EngineHeld(this.instance, this.#block, this.#dims.with(2, tokens), this.capacity);
  }

  /** The elements without the room between them. */
  read(): Float32Array {
    const { floats, heads, inner, stride } = this.#layout();
    const result = new Float32Array(heads * inner);
    for (let head = 0; head < heads; head++)
      result.set(floats.subarray(head * stride, head * stride + inner), head * inner);
    return result;
  }

  pick(order: readonly number[]): void {
    const [rows = 0] = this.#dims;
    if (order.some((row) => !Number.isInteger(row) || row < 0 || row >= rows)) {
      throw new ServiceError('internal', `rows ${order} are picked where there are ${rows} rows`);
    }
    const isAlone = this.#block.holders === 1;
    const { heads, inner, stride } = this.#layout();
    const perRow = rows === 0 ? 0 : heads / rows;
    if (order.length === rows && isAlone) {
      this.#move(order, perRow, inner, stride);
      return;
    }
    const dims = [order.length, ...this.#dims.slice(1)];
    const next: Block = {
      at: this.instance.take(4 * elements(dims, this.capacity)),
      holders: 1,
      written: tokensOf(dims),
    };
    const [from, to] = [this.#block.at, next.at];
    const { memory } = this.instance;
    for (const [i, row] of order.entries()) {
      copyRow(memory, from + 4 * row * perRow * stride, to + 4 * i * perRow * stride, perRow, inner, stride);
    }
    this.#drop();
    this.#block = next;
    this.#dims = dims;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#drop();
  }

  #layout(): { floats: Float32Array; heads: number; inner: number; stride: number } {
    const [rows = 1, heads = 1, , ...rest] = this.#dims;
    const size = rest.reduce((x, y) => x * y, 1);
    const stride = this.capacity * size;
    // Without elements there may be any number of heads, too many to be gone through.
    const count = stride * tokensOf(this.#dims) === 0 ? 0 : rows * heads;
    return {
      floats: this.instance.floats(this.at, count * stride),
      heads: count,
      inner: tokensOf(this.#dims) * size,
      stride,
    };
  }

  /** Of a row that moves, no room behind its tokens is copied but where it is set aside. */
  #move(order: readonly number[], perRow: number, inner: number, stride: number): void {
    const { memory } = this.instance;
    const bytes = 4 * perRow * stride;
    const base = this.#block.at;
    moveRows(memory.subarray(base, base + order.length * bytes), bytes, order, (from, to) => {
      copyRow(memory, base + from * bytes, base + to * bytes, perRow, inner, stride);
    });
  }

  #drop(): void {
    this.#block.holders -= 1;
    if (this.#block.holders === 0) this.instance.give(this.#block.at);
  }
}

const tokensOf = (dims: readonly number[]) => dims[2] ?? 1;

/** With room for `capacity` in the third dimension. */
function elements(dims: readonly number[], capacity: number): number {
  return dims.reduce((product, size, axis) => product * (axis === 2 ? capacity : size), 1);
}

function copyRow(memory: Uint8Array, from: number, to: number, heads: number, inner: number, stride: number): void {
  for (let head = 0; head < heads; head++) {
    const start = from + 4 * head * stride;
    memory.copyWithin(to + 4 * head * stride, start, start + 4 * inner);
  }
}
