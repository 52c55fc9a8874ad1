// What encoding gives: seven arrays over one block of memory, each made when it is first asked for, because a view costs more
// than encoding a few words. The layout of the block is in wasm/template.ts.

/** The tokens of a text or a pair, special tokens included. All arrays have one element a token, `offsets` two. */
export interface Encoding {
  readonly ids: Uint32Array;
  /** Which text a token belongs to, as the template says. */
  readonly typeIds: Uint8Array;
  /** 1 throughout: nothing is padded. */
  readonly attentionMask: Uint8Array;
  /** 1 for the tokens that the template added. */
  readonly specialTokensMask: Uint8Array;
  /** [start, end) in UTF-16 units of the caller's own text; 0, 0 for a special token. */
  readonly offsets: Uint32Array;
  /** Number of the word within its text, or -1. */
  readonly wordIds: Int32Array;
  /** 0 or 1 for the text that a token came from, or -1. */
  readonly sequenceIds: Int8Array;
  /** Whether tokens were cut off. */
  readonly truncated: boolean;
}

export class WasmEncoding implements Encoding {
  readonly truncated: boolean;
  readonly #block: ArrayBuffer;
  readonly #count: number;
  #ids: Uint32Array | undefined;
  #offsets: Uint32Array | undefined;
  #wordIds: Int32Array | undefined;
  #typeIds: Uint8Array | undefined;
  #attentionMask: Uint8Array | undefined;
  #specialTokensMask: Uint8Array | undefined;
  #sequenceIds: Int8Array | undefined;

  constructor(block: ArrayBuffer, count: number, truncated: boolean) {
    this.#block = block;
    this.#count = count;
    this.truncated = truncated;
  }

  get ids(): Uint32Array {
    this.#ids ??= new Uint32Array(this.#block, 0, this.#count);
    return this.#ids;
  }

  get offsets(): Uint32Array {
    this.#offsets ??= new Uint32Array(this.#block, 4 * this.#count, 2 * this.#count);
    return this.#offsets;
  }

  get wordIds(): Int32Array {
    this.#wordIds ??= new Int32Array(this.#block, 12 * this.#count, this.#count);
    return this.#wordIds;
  }

  get typeIds(): Uint8Array {
    this.#typeIds ??= new Uint8Array(this.#block, 16 * this.#count, this.#count);
    return this.#typeIds;
  }

  get attentionMask(): Uint8Array {
    this.#attentionMask ??= new Uint8Array(this.#block, 17 * this.#count, this.#count);
    return this.#attentionMask;
  }

  get specialTokensMask(): Uint8Array {
    this.#specialTokensMask ??= new Uint8Array(this.#block, 18 * this.#count, this.#count);
    return this.#specialTokensMask;
  }

  get sequenceIds(): Int8Array {
    this.#sequenceIds ??= new Int8Array(this.#block, 19 * this.#count, this.#count);
    return this.#sequenceIds;
  }
}
