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

/** What is to be subtracted from a logit for the logarithm of its probability. Plain loops: a vocabulary is long. */
export function logSumExp(logits: Float32Array): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) if ((logits[i] as number) > max) max = logits[i] as number;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] as number) - max);
  return max + Math.log(sum);
}

/** Logarithms of the probabilities, by the same subtraction. */
export function logSoftmax(logits: Float32Array): Float32Array {
  const shift = logSumExp(logits);
  const result = new Float32Array(logits.length);
  for (let i = 0; i < logits.length; i++) result[i] = (logits[i] as number) - shift;
  return result;
}

/** 1 / (1 + e^-x), element by element. */
export function sigmoid(logits: Float32Array): Float32Array {
  return logits.map((x) => 1 / (1 + Math.exp(-x)));
}

/** The indices of the `k` largest values, largest first; equal values keep their order, as Python's sort does. */
export function topK(values: Float32Array, k: number): number[] {
  const best: number[] = [];
  // What the worst of the best is worth, once there are k.
  let bound = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length && k > 0; i++) {
    // Nearly all of a vocabulary is passed over here.
    if (best.length === k) while (i < values.length && !((values[i] as number) > bound)) i++;
    if (i === values.length) break;
    const value = values[i] as number;
    let low = 0;
    for (let high = best.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((values[best[middle] ?? 0] ?? 0) >= value) low = middle + 1;
      else high = middle;
    }
    best.splice(low, 0, i);
    if (best.length > k) best.pop();
    bound = values[best[best.length - 1] ?? 0] ?? 0;
  }
  return best;
}
