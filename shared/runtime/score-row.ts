// The scores of the next token, one row of them, where SIMD reaches them: a search in beams weighs a whole vocabulary for each beam at each
// step. The engine's kernels do it whichever engine has run the graph.

import { END, GREATEST_OF_ROW, SOFTMAX } from './engine/command-format.ts';
import module from './engine/engine.wasm';
import { EngineInstance } from './engine/instance.ts';
import { command } from './engine/placed.ts';

export interface Scored {
  readonly id: number;
  /** The row's own number. */
  readonly log: number;
  /** That and the addend, in single precision. */
  readonly sum: number;
}

interface Room {
  readonly at: number;
  readonly bytes: number;
}

export class ScoreRow {
  readonly #instance = new EngineInstance(module, 0);
  readonly #commands = this.#instance.take(64);
  #size = 0;
  #row: Room = { at: 0, bytes: 0 };
  #found: Room = { at: 0, bytes: 0 };

  get isBroken(): boolean {
    return this.#instance.isBroken;
  }

  /** Takes a row in, as logarithms of its probabilities. They are the caller's to change, until the next row comes. */
  logProbabilities(logits: Float32Array): Float32Array {
    this.#size = logits.length;
    this.#row = this.#atLeast(this.#row, 4 * this.#size);
    const scores = this.#instance.floats(this.#row.at, this.#size);
    scores.set(logits);
    this.#run(command(SOFTMAX, this.#row.at, this.#row.at, 1, this.#size, 1));
    return scores;
  }

  /** The best `most`, or all, by the row's numbers and `addend`; best first, equal ones in their order. What was taken in is not to be read after it. */
  best(most: number, addend: number): readonly Scored[] {
    const count = Math.min(most, this.#size);
    this.#found = this.#atLeast(this.#found, 8 * count);
    const { at } = this.#found;
    this.#run(command(GREATEST_OF_ROW, at, this.#row.at, this.#size, bitsOf(addend), count));
    const logs = this.#instance.floats(this.#row.at, this.#size);
    const sums = this.#instance.floats(at + 4 * count, count);
    return Array.from(this.#instance.ints(at, count), (id, i) => ({ id, log: logs[id] ?? 0, sum: sums[i] ?? 0 }));
  }

  #atLeast(room: Room, bytes: number): Room {
    if (bytes <= room.bytes) return room;
    const at = this.#instance.take(bytes);
    if (room.bytes > 0) this.#instance.give(room.at);
    return { at, bytes };
  }

  #run(words: readonly number[]): void {
    this.#instance.ints(this.#commands, words.length + 2).set([...words, END, 2]);
    this.#instance.run(this.#commands);
  }
}

let shared: ScoreRow | undefined;

/** The row of the isolate, with room for the longest vocabulary so far. Who takes scores in has weighed them before it waits for anything. */
export function scoreRow(): ScoreRow {
  if (!shared || shared.isBroken) shared = new ScoreRow();
  return shared;
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
}
