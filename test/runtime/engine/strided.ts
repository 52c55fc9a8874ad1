// Shapes and strides as tests need them, and walking them.

import type { Random } from './random.ts';

export interface Strided {
  readonly sizes: readonly number[];
  /** Of each tensor, in elements. */
  readonly strides: readonly (readonly number[])[];
  /** Where the element of index 0 lies in each, as strides may be negative, and how many elements each has. */
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

/** `rank` dimensions; each tensor's in an order of its own, some reversed, some with gaps, and repeated ones where allowed. */
export function stridedOf(random: Random, rank: number, tensors: number, repeats: boolean): Strided {
  const most = rank > 3 ? 5 : rank > 1 ? 17 : 70;
  const sizes = Array.from({ length: rank }, () => random.integer(1, most));
  const strides: number[][] = [];
  const starts: number[] = [];
  const lengths: number[] = [];
  for (let t = 0; t < tensors; t++) {
    const order = sizes.map((_, d) => d);
    if (random.next() < 0.5) order.sort(() => random.next() - 0.5);
    let length = random.next() < 0.2 ? 2 : 1;
    const own: number[] = Array(rank).fill(0);
    let start = 0;
    for (const d of order.reverse()) {
      const size = sizes[d] ?? 1;
      if (repeats && random.next() < 0.25) continue;
      const isReversed = random.next() < 0.1;
      own[d] = isReversed ? -length : length;
      if (isReversed) start += length * (size - 1);
      length *= size;
    }
    strides.push(own);
    starts.push(start);
    lengths.push(length);
  }
  return { sizes, strides, starts, lengths };
}

/** Calls back with the place in each tensor, the last dimension fastest. */
export function walk({ sizes, strides, starts }: Strided, visit: (places: readonly number[], n: number) => void): void {
  const count = sizes.reduce((a, b) => a * b, 1);
  for (let n = 0; n < count; n++) {
    const places = [...starts];
    for (let d = sizes.length - 1, rest = n; d >= 0; d--) {
      const size = sizes[d] ?? 1;
      for (const [t, own] of strides.entries()) places[t] = (places[t] ?? 0) + (rest % size) * (own[d] ?? 0);
      rest = Math.floor(rest / size);
    }
    visit(places, n);
  }
}
