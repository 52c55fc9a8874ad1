// Hidden states to one vector: the poolings of sentence-transformers.

import type { Tensor } from './tensor.ts';

export type Pooling = 'mean' | 'cls' | 'last';

/** `hidden` is [tokens, size] of one text, none of it padding; the result is [size]. */
export function pool({ data, dims }: Tensor, pooling: Pooling): Float32Array {
  const [tokens = 0, size = 0] = dims;
  if (pooling === 'cls') return data.slice(0, size);
  if (pooling === 'last') return data.slice((tokens - 1) * size, tokens * size);
  const sums = new Float32Array(size);
  for (let token = 0; token < tokens; token++) {
    for (let i = 0; i < size; i++) sums[i] = (sums[i] ?? 0) + (data[token * size + i] ?? 0);
  }
  return sums.map((sum) => sum / tokens);
}

/** Scaled to length 1; a vector of zeros stays one. */
export function normalize(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / Math.max(length, 1e-12));
}
