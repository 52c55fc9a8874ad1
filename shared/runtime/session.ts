// The interface between the project and an inference engine. Whoever runs a graph sees only this.

import type { Tensor, TensorData } from '../tensor.ts';

/** Tensors by the name of the graph's input; token ids and masks are int64, as exporters write them. */
export type Feeds = Readonly<Record<string, Tensor<TensorData>>>;
export type Fetches = Readonly<Record<string, Tensor<TensorData>>>;

export interface Session {
  /** Names of the graph's inputs, all of which a run must feed. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Dimensions of each input; null where a run may have any. */
  readonly shapes: Readonly<Record<string, readonly (number | null)[]>>;
  /** WASM memory that this session holds, in bytes: by how much opening it let the heap grow, and no less than its weights. */
  readonly bytes: number;
  /**
   * Runs the graph and returns the outputs asked for, or all of them. Runs queue up behind one another.
   * Throws `invalid_input` where the feeds are not the graph's inputs or `outputs` names one it lacks.
   */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Fetches>;
  /** Frees the session once the runs that were queued before have ended. */
  close(): Promise<void>;
}
