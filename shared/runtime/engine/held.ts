// Tensors that stay in the engine's memory between runs: keys and values, with room behind them for further tokens.
//
//   [rows][heads][capacity][size]     of each head the first `tokens` are there
//
// Two of one block may be held at once, the shorter as it was before the longer went on from it. Rows that are picked from a single one are
// that one row until they are to differ: what beams know of their source is read from memory once for all of them.

import { ServiceError } from '../../errors.ts';
import { moveRows } from '../move-rows.ts';
import type { Held } from '../session.ts';
import { CommonTokens } from './common-tokens.ts';
import type { EngineInstance } from './instance.ts';

interface Block {
  readonly at: number;
  /** That it has room for; one may stand for all rows of a tensor. */
  readonly rows: number;
  /** Tensors that are held in it. */
  holders: number;
  /** Tokens that are written: who holds fewer cannot go on in place. */
  written: number;
  /** Tokens are only written behind others, so what two rows have in common stays so. */
  common: CommonTokens;
}

/** How the elements lie. */
interface Layout {
  /** Of all rows. */
  readonly heads: number;
  readonly perRow: number;
  /** Elements of a token in a head. */
  readonly size: number;
  /** Elements of a head that are there, and from a head to the next. */
  readonly inner: number;
  readonly stride: number;
}

export class EngineHeld implements Held {
  readonly instance: EngineInstance;
  #capacity: number;
  #dims: readonly number[];
  #block: Block;
  #isReleased = false;

  private constructor(instance: EngineInstance, block: Block, dims: readonly number[], capacity: number) {
    this.instance = instance;
    this.#block = block;
    this.#dims = dims;
    this.#capacity = capacity;
    block.holders += 1;
  }

  /** Room for a tensor, with `capacity` tokens in the third dimension where it is a cache. Nothing is written. */
  static make(instance: EngineInstance, dims: readonly number[], capacity = tokensOf(dims)): EngineHeld {
    const at = instance.take(4 * elements(dims, capacity));
    const block = { at, rows: dims[0] ?? 1, holders: 0, written: tokensOf(dims), common: CommonTokens.none };
    return new EngineHeld(instance, block, dims, capacity);
  }

  get dims(): readonly number[] {
    return this.#dims;
  }

  /** Tokens that it has room for, where it is a cache. */
  get capacity(): number {
    return this.#capacity;
  }

  get at(): number {
    if (this.#isReleased) throw new ServiceError('internal', 'a tensor is used that was released');
    return this.#block.at;
  }

  /** Elements that its rows have room for, each row counted though one stands for all. */
  get room(): number {
    return elements(this.#dims, this.capacity);
  }

  /** Whether one row stands for several. */
  get isOneRow(): boolean {
    return this.#block.rows === 1 && (this.#dims[0] ?? 1) > 1;
  }

  /** Whether tokens up to `tokens` can be written behind what is there. */
  canGrow(tokens: number): boolean {
    return tokens <= this.capacity && this.#block.written === tokensOf(this.#dims);
  }

  /**
   * Moves into a block of its own with room for `capacity` tokens. What it lay in is free at once if nobody else is held there, so that of
   * several caches which are moved in turn the next takes the room of those before.
   */
  reserve(capacity: number): void {
    this.#copy(
      Array.from({ length: this.#dims[0] ?? 0 }, (_, row) => (this.isOneRow ? 0 : row)),
      capacity,
    );
  }

  /** The same block with more tokens, which the caller has written, or will: from there on rows differ. */
  grown(tokens: number): EngineHeld {
    this.spread();
    this.#block.written = tokens;
    return new EngineHeld(this.instance, this.#block, this.#dims.with(2, tokens), this.capacity);
  }

  /** Gives each row a place of its own. */
  spread(): void {
    if (this.isOneRow) this.#copy(Array(this.#dims[0] ?? 0).fill(0));
  }

  /** The elements without the room between them. */
  read(): Float32Array {
    this.spread();
    const { heads, inner, stride } = this.#layout();
    const floats = this.instance.floats(this.at, heads * stride);
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
    if (this.#block.rows === 1) {
      this.#dims = this.#dims.with(0, order.length);
    } else if (order.length === rows && this.#block.holders === 1) {
      const common = this.#block.common.picked(order, tokensOf(this.#dims));
      this.#move(order);
      this.#block.common = common;
    } else {
      this.#copy(order);
    }
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#drop();
  }

  #layout(): Layout {
    const [rows = 1, headsOfRow = 1, , ...rest] = this.#dims;
    const size = rest.reduce((x, y) => x * y, 1);
    const stride = this.capacity * size;
    // Without elements there may be any number of heads, too many to be gone through.
    const perRow = rows * stride * tokensOf(this.#dims) === 0 ? 0 : headsOfRow;
    return { heads: rows * perRow, perRow, size, inner: tokensOf(this.#dims) * size, stride };
  }

  /** Into a block of its own. */
  #copy(order: readonly number[], capacity = this.#capacity): void {
    const dims = this.#dims.with(0, order.length);
    const next: Block = {
      at: this.instance.take(4 * elements(dims, capacity)),
      rows: order.length,
      holders: 1,
      written: tokensOf(dims),
      common: this.#block.common.picked(order, tokensOf(dims)),
    };
    const { perRow, size, inner, stride } = this.#layout();
    const { memory } = this.instance;
    const [step, longer] = [4 * stride, 4 * capacity * size];
    for (const [to, from] of order.entries()) {
      for (let head = 0; head < perRow; head++) {
        const start = this.#block.at + (from * perRow + head) * step;
        memory.copyWithin(next.at + (to * perRow + head) * longer, start, start + 4 * inner);
      }
    }
    this.#drop();
    this.#block = next;
    this.#dims = dims;
    this.#capacity = capacity;
  }

  /** In place. Neither what rows have in common is copied, nor the room behind their tokens. */
  #move(order: readonly number[]): void {
    const { perRow, size, inner, stride } = this.#layout();
    const { memory } = this.instance;
    const first = 4 * size * this.#block.common.spared(order);
    const length = 4 * inner - first;
    const rowAt = (row: number) => this.#block.at + 4 * row * perRow * stride + first;
    moveRows(order, {
      copy: (from, to) =>
        eachHead(perRow, stride, (head) => {
          memory.copyWithin(rowAt(to) + head, rowAt(from) + head, rowAt(from) + head + length);
        }),
      setAside: (from) => {
        const kept = new Uint8Array(perRow * length);
        eachHead(perRow, stride, (head, n) => {
          kept.set(memory.subarray(rowAt(from) + head, rowAt(from) + head + length), n * length);
        });
        return (to) =>
          eachHead(perRow, stride, (head, n) => {
            memory.set(kept.subarray(n * length, (n + 1) * length), rowAt(to) + head);
          });
      },
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

/** `head`: bytes from the row's beginning. */
function eachHead(heads: number, stride: number, visit: (head: number, n: number) => void): void {
  for (let n = 0; n < heads; n++) visit(4 * n * stride, n);
}
