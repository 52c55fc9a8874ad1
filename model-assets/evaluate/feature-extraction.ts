// Spearman's rank correlation between cosines and what people said, on the development set of the STS benchmark.

import { join } from 'node:path';
import { readRows, type Service } from './service.ts';

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly score: number;
}

export async function featureExtraction(service: Service, data: string): Promise<void> {
  const rows = await readRows<Pair>(join(data, 'feature-extraction', 'stsb.dev.jsonl.gz'));
  const texts = rows.flatMap(({ a, b }) => [a, b]);
  const single = await service.askAll<number[]>('feature-extraction', texts, 1);
  const grouped = await service.askAll<number[]>('feature-extraction', texts, 8);
  const cosines = rows.map((_, i) => cosine(single[2 * i] ?? [], single[2 * i + 1] ?? []));
  const correlation = spearman(
    cosines,
    rows.map(({ score }) => score),
  );
  console.log(`feature-extraction   STS-B dev  Spearman ${(100 * correlation).toFixed(2)}  (${rows.length} pairs)`);
  const moved = single.flatMap((vector, i) => vector.map((value, k) => Math.abs(value - (grouped[i]?.[k] ?? 0))));
  const most = moved.reduce((a, b) => Math.max(a, b), 0);
  console.log(`  greatest difference of a component between one input a request and eight: ${most}`);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Pearson's correlation of the ranks. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const centred = (values: readonly number[]) => ranks(values).map((rank) => rank - (values.length - 1) / 2);
  return cosine(centred(a), centred(b));
}

/** Ranks from 0; equal values share the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const result = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end++;
    for (const i of order.slice(start, end)) result[i] = (start + end - 1) / 2;
    start = end;
  }
  return result;
}
