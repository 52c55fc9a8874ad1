// Of an output that has a row for each token those that were asked for, where all were computed.

import type { Tensor, TensorData } from '../tensor.ts';
import type { Fetches, RowWindow } from './session.ts';

/** What was fetched, with those rows of `logits` that are to be kept. */
export function withKeptLogits(fetched: Fetches, logitsToKeep: RowWindow | undefined): Fetches {
  const { logits } = fetched;
  return logits && logitsToKeep ? { ...fetched, logits: keptRows(logits, logitsToKeep) } : fetched;
}

/** [batch, count, …] of a tensor [batch, tokens, …]; itself where there are no more rows than those. */
function keptRows(tensor: Tensor<TensorData>, { start, count }: RowWindow): Tensor<TensorData> {
  const { data, dims } = tensor;
  const [batch = 0, tokens = 0, ...rest] = dims;
  if (dims.length < 3 || tokens <= count || !(data instanceof Float32Array)) return tensor;
  const size = rest.reduce((product, dim) => product * dim, 1);
  const first = Math.min(start, tokens - count);
  const kept = new Float32Array(batch * count * size);
  for (let row = 0; row < batch; row++) {
    const from = (row * tokens + first) * size;
    kept.set(data.subarray(from, from + count * size), row * count * size);
  }
  return { data: kept, dims: [batch, count, ...rest] };
}
