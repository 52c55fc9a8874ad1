// A decoder that is a table: the scores of the next token hang on the last alone, or by a function on all that its row was given. It
// checks that it is used as a graph may be.

import type { Decoding } from '../../shared/generate/decoding.ts';

export class Table implements Decoding {
  /** Tokens that each row has been given. */
  rows: readonly (readonly number[])[] = [];
  steps = 0;
  positions = 0;
  readonly #scoresOf: (row: readonly number[]) => readonly number[];

  constructor(scores: readonly (readonly number[])[] | ((row: readonly number[]) => readonly number[])) {
    this.#scoresOf = typeof scores === 'function' ? scores : (row) => scores[row.at(-1) ?? 0] ?? [];
  }

  async step(tokens: readonly (readonly number[])[]): Promise<readonly Float32Array[]> {
    if (this.steps++ > 0 && tokens.length !== this.rows.length) throw new Error('rows come and go by reorder alone');
    this.rows = tokens.map((fresh, row) => [...(this.rows[row] ?? []), ...fresh]);
    this.positions += tokens.flat().length;
    return this.rows.map((row) => Float32Array.from(this.#scoresOf(row)));
  }

  reorder(order: readonly number[]): void {
    this.rows = order.map((from) => {
      const row = this.rows[from];
      if (!row) throw new Error(`there is no row ${from}`);
      return row;
    });
  }

  close(): void {
    this.rows = [];
  }
}
