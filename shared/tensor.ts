// Tensors as flat data with dimensions, and the few pure functions that tasks apply to logits.

export type TensorData = Float32Array | BigInt64Array | Int32Array | Uint8Array;

/** `data` in row-major order; its length is the product of `dims`. */
export interface Tensor<T extends TensorData = Float32Array> {
  readonly data: T;
  readonly dims: readonly number[];
}

/** Probabilities over the whole of `logits`; the maximum is subtracted first, so large logits do not overflow. */
export function softmax(logits: Float32Array): Float32Array {
  const max = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const result = logits.map((x) => Math.exp(x - max));
  const sum = result.reduce((a, b) => a + b, 0);
  return result.map((x) => x / sum);
}

/** 1 / (1 + e^-x), element by element. */
export function sigmoid(logits: Float32Array): Float32Array {
  return logits.map((x) => 1 / (1 + Math.exp(-x)));
}

/** The indices of the `k` largest values, largest first; equal values keep their order, as Python's sort does. */
export function topK(values: Float32Array, k: number): number[] {
  return Array.from(values.keys())
    .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0))
    .slice(0, k);
}
