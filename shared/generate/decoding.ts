// Rows of tokens on their way through a decoder's graph, one token further with each step. What the graph remembers of the tokens
// before, and under which names, differs from exporter to exporter: each way of it is one class behind this interface.

import type { RowWindow } from '../runtime/session.ts';
import type { Tensor, TensorData } from '../tensor.ts';

/** Gives others their turn, and throws once the client has left. */
export type Between = () => Promise<void>;

export interface Decoding {
  /** Positions that were read so far, those of all rows together: what the work of a step is counted by. */
  readonly positions: number;
  /**
   * Puts tokens behind those of each row, as many in one row as in the others, and gives the scores of the next token of each row:
   * [rows][vocabulary], the caller's to change. A long prompt is read in several runs, and `between` awaited between them.
   */
  step(tokens: readonly (readonly number[])[], between?: Between): Promise<readonly Float32Array[]>;
  /** Row i goes on from what row `order[i]` was; there may be more or fewer rows than before. */
  reorder(order: readonly number[]): void;
  /** Frees what is remembered. To be called however the text ended. */
  close(): void;
}

/** What an encoder made of the source, of which there is one whatever the number of rows. */
export interface Source {
  /** [1, tokens, hidden]. */
  readonly hidden: Tensor;
  readonly length: number;
}

/** Scores of one step that are held at once, in numbers: 8 MiB, and as many of the copy that is answered. */
const MOST_SCORES = 2 ** 21;
const MOST_AT_ONCE = 256;
/** Where scores do not bound it what a run works in does: 128 positions of DistilGPT-2's size take 3.4 MiB. */
const MOST_WITHOUT_SCORES = 128;

/** Positions that one run of a decoder reads. A long prompt wants the scores of the last alone: a graph that gives those of all reads fewer. */
export function positionsAtOnce(vocabulary: number, skipsLogits: boolean): number {
  if (skipsLogits) return MOST_WITHOUT_SCORES;
  return Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(MOST_SCORES / vocabulary)));
}

/** What the last of the runs gives that rows of like length are read in, at most `most` tokens of each a run. */
export async function readInParts<T>(
  rows: readonly (readonly number[])[],
  most: number,
  run: (part: readonly (readonly number[])[]) => Promise<T>,
  between?: Between,
): Promise<T> {
  const partAt = (start: number) => rows.map((row) => row.slice(start, start + most));
  let result = await run(partAt(0));
  for (let start = most; start < (rows[0]?.length ?? 0); start += most) {
    await between?.();
    result = await run(partAt(start));
  }
  return result;
}

export function isIdentity(order: readonly number[], rows: number): boolean {
  return order.length === rows && order.every((from, to) => from === to);
}

/** `tensor` with the rows of its first dimension picked; itself where they stay where they are. */
export function pickRows(tensor: Tensor, order: readonly number[]): Tensor {
  const [rows = 0, ...rest] = tensor.dims;
  if (isIdentity(order, rows)) return tensor;
  const size = rest.reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(order.length * size);
  order.forEach((from, to) => {
    data.set(tensor.data.subarray(from * size, (from + 1) * size), to * size);
  });
  return { data, dims: [order.length, ...rest] };
}

/** Token ids as the graphs take them: int64 [rows, tokens]. */
export function toIds(rows: readonly (readonly number[])[]): Tensor<BigInt64Array> {
  return { data: BigInt64Array.from(rows.flat(), BigInt), dims: [rows.length, rows[0]?.length ?? 0] };
}

/** Ones, int64 [rows, length]: nothing is padded. */
export function ones(rows: number, length: number): Tensor<BigInt64Array> {
  return { data: new BigInt64Array(rows * length).fill(1n), dims: [rows, length] };
}

/** The rows of the logits that the next token is chosen by, of `count` that a run reads. */
export const lastOf = (count: number): RowWindow => ({ start: count - 1, count: 1 });

/** The scores of the last position of each row, out of [rows, positions, vocabulary]. */
export function lastScores(logits: Tensor<TensorData> | undefined): readonly Float32Array[] {
  const [rows = 0, positions = 0, size = 0] = logits?.dims ?? [];
  const data = logits?.data;
  if (!(data instanceof Float32Array)) throw new Error('the decoder gave no logits of 32-bit floats');
  return Array.from({ length: rows }, (_, row) => {
    const end = (row + 1) * positions * size;
    return data.subarray(end - size, end);
  });
}
