// The scores of the next token, one row of them, where SIMD reaches them: a search in beams weighs a whole vocabulary for each beam at each
// step. The engine's kernels do it whichever engine has run the graph.

import { END, GREATEST_OF_ROW, SOFTMAX } from './command-format.ts';
import module from './engine.wasm';
import { EngineInstance } from './instance.ts';
import { command } from './placed.ts';

export interface Scored {
  readonly id: number;
  /** In single precision. */
  readonly sum: number;
}

export class ScoreRow {
  readonly #instance: EngineInstance;
  readonly #size: number;
  readonly #most: number;
  readonly #row: number;
  readonly #found: number;
  readonly #commands: number;

  /** For rows of `size` scores, of which the best `most` will be asked for. */
  constructor(size: number, most: number) {
    this.#instance = new EngineInstance(module, 0);
    this.#size = size;
    this.#most = Math.min(most, size);
    this.#row = this.#instance.take(4 * size);
    this.#found = this.#instance.take(8 * this.#most);
    this.#commands = this.#instance.take(64);
  }

  /** Takes a row in, as logarithms of its probabilities. They are the caller's to change, until the next row comes. */
  logProbabilities(logits: Float32Array): Float32Array {
    const scores = this.#instance.floats(this.#row, this.#size);
    scores.set(logits);
    this.#run(command(SOFTMAX, this.#row, this.#row, 1, this.#size, 1));
    return scores;
  }

  /** The best, as many as was said, by the row's numbers and `addend`; best first, equal ones in their order. */
  best(addend: number): readonly Scored[] {
    this.#run(command(GREATEST_OF_ROW, this.#found, this.#row, this.#size, bitsOf(addend), this.#most));
    const sums = this.#instance.floats(this.#found + 4 * this.#most, this.#most);
    return Array.from(this.#instance.ints(this.#found, this.#most), (id, i) => ({ id, sum: sums[i] ?? 0 }));
  }

  #run(words: readonly number[]): void {
    this.#instance.ints(this.#commands, words.length + 2).set([...words, END, 2]);
    this.#instance.run(this.#commands);
  }
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
}
