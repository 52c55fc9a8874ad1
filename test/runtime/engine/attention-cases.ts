// Attention over random numbers, laid out as graphs have it.

import { SCORES_KEEP } from '../../../shared/runtime/engine/command-format.ts';
import { type Attention, extent, type Step } from './attention.ts';
import type { Random } from './random.ts';

/** q, k and v side by side in rows, as one product gives them, or each head by itself; with elements between. */
export function attentionOf(
  random: Random,
  sizes: Pick<Attention, 'batch' | 'heads' | 'queries' | 'keys' | 'depth' | 'width'>,
): Attention {
  const { batch, heads, queries, keys, depth, width } = sizes;
  const gap = random.integer(0, 2);
  const byRows = (items: number, size: number): [number, number, number] => {
    const row = heads * size + gap;
    return random.pick([true, false]) ? [items * row, size, row] : [heads * items * size, items * size, size];
  };
  const strides = {
    out: byRows(queries, width),
    q: byRows(queries, depth),
    k: byRows(keys, depth),
    v: byRows(keys, width),
  };
  const tensor = (of: [number, number, number], items: number, size: number) =>
    random.floats(Math.max(0, extent(of, batch, heads, items) + size - 1));
  return {
    ...sizes,
    scale: 1 / Math.sqrt(depth),
    q: tensor(strides.q, queries, depth),
    k: tensor(strides.k, keys, depth),
    v: tensor(strides.v, keys, width),
    strides,
    steps: [],
  };
}

/** A step over all four dimensions or some of them. */
export function stepOf(random: Random, kind: number, { batch, heads, queries, keys }: Attention): Step {
  const [byBatch, byHead, byQuery] = [random.pick([0, 1]), random.pick([0, 1]), random.pick([0, 1])];
  const keyStride = random.pick([1, 1, 1, 0, 2]);
  const query = byQuery * keys * 2;
  const head = byHead * (queries + 1) * keys * 2;
  const strides = [byBatch * heads * (queries + 1) * keys * 2, head, query, keyStride] as const;
  const count = Math.max(1, extent(strides, batch, heads, queries, keys));
  const tensor =
    kind === SCORES_KEEP ? Int32Array.from({ length: count }, () => random.integer(0, 2)) : random.floats(count);
  return { kind, tensor, strides, fill: kind === SCORES_KEEP ? -4 : 0 };
}
