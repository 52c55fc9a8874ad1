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
  const cosines: number[] = [];
  for (const { a, b } of rows) {
    const [first = [], second = []] = await service.ask<number[][]>('feature-extraction', { inputs: [a, b] });
    cosines.push(cosine(first, second));
  }
  const correlation = spearman(
    cosines,
    rows.map(({ score }) => score),
  );
  console.log(`feature-extraction   STS-B dev  Spearman ${(100 * correlation).toFixed(2)}  (${rows.length} pairs)`);
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
