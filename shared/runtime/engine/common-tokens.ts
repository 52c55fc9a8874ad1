// How far the rows of a cache are known to be alike. Beams are born of one prompt: one that takes another's place needs of it only what came
// after the two parted.

/** Rows that are kept account of, two by two; beams are fewer. */
const MOST_ROWS = 64;

export class CommonTokens {
  readonly #rows: number;
  /** [rows][rows]: tokens, from the first on, that two rows have in common. */
  readonly #tokens: Uint32Array;

  private constructor(rows: number, tokens: Uint32Array) {
    this.#rows = rows;
    this.#tokens = tokens;
  }

  /** Of rows of which nothing is known. */
  static readonly none = new CommonTokens(0, new Uint32Array());

  between(one: number, other: number): number {
    return one < this.#rows && other < this.#rows ? (this.#tokens[one * this.#rows + other] ?? 0) : 0;
  }

  /** When row i has become what row `order[i]` was. `tokens`: that a row has. */
  picked(order: readonly number[], tokens: number): CommonTokens {
    const rows = order.length;
    if (rows > MOST_ROWS) return CommonTokens.none;
    const common = order.flatMap((one) => order.map((other) => (one === other ? tokens : this.between(one, other))));
    return new CommonTokens(rows, Uint32Array.from(common));
  }

  /** Tokens from the first on that no row needs which becomes another. */
  spared(order: readonly number[]): number {
    const common = order.flatMap((from, to) => (from === to ? [] : [this.between(from, to)]));
    return common.length === 0 ? 0 : Math.min(...common);
  }
}
