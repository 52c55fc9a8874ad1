// The interface between the project and an inference engine. Whoever runs a graph sees only this.

import type { Tensor, TensorData } from '../tensor.ts';

/** A tensor in the engine's own memory, which outlives the run that made it: neither copied out nor in again. */
export interface Held {
  readonly dims: readonly number[];
  /**
   * Row i of the first dimension becomes what row `order[i]` was; there may be more or fewer rows than before. Where there are as many,
   * rows that stay are not copied.
   */
  pick(order: readonly number[]): void;
  /** To be called once, by whom it was handed to. */
  release(): void;
}

/** Rows of an output that has one for each token, the same of each text: `count` of them from `start` on, or those that there are. */
export interface RowWindow {
  readonly start: number;
  readonly count: number;
}

/** Tensors by the name of the graph's input; token ids and masks are int64, as exporters write them. */
export type Feeds = Readonly<Record<string, Tensor<TensorData>>>;
export type HeldFeeds = Readonly<Record<string, Tensor<TensorData> | Held>>;
export type Fetches = Readonly<Record<string, Tensor<TensorData>>>;

export interface Session {
  /** Names of the graph's inputs, all of which a run must feed. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Dimensions of each input; null where a run may have any. */
  readonly shapes: Readonly<Record<string, readonly (number | null)[]>>;
  /** WASM memory that this session holds, in bytes: by how much opening it let the heap grow, and no less than its weights. */
  readonly bytes: number;
  /** Whether rows of `logits` that nobody asks for are not computed; else they are, and left out of what is given. */
  readonly skipsLogits: boolean;
  /**
   * Runs the graph and returns the outputs asked for, or all of them. Runs queue up behind one another. `logitsToKeep`: rows of `logits`,
   * [batch, tokens, …], that are given, [batch, count, …]; all of them where it is left out.
   * Throws `invalid_input` where the feeds are not the graph's inputs or `outputs` names one it lacks.
   */
  run(feeds: Feeds, outputs?: readonly string[], logitsToKeep?: RowWindow): Promise<Fetches>;
  /** The same, with outputs that stay in the engine beside those that come out of it. What is fed stays the caller's. */
  runHeld(
    feeds: HeldFeeds,
    outputs: readonly string[],
    holding: readonly string[],
    logitsToKeep?: RowWindow,
  ): Promise<{ readonly fetched: Fetches; readonly held: Readonly<Record<string, Held>> }>;
  /** Frees the session once the runs that were queued before have ended. */
  close(): Promise<void>;
}
