// What sampling does to the scores: temperature, and ways of leaving unlikely tokens out. As the warpers of transformers 4.57, in
// their order; each changes a row of scores in place and leaves at least one token.

import { logSoftmax, softmax, topK } from '../tensor.ts';
import type { GenerationConfig } from './config.ts';

/** Up to so many are picked out of a vocabulary sooner than it is sorted. */
const FEW = 512;

export type Warper = (scores: Float32Array) => void;

export function warpersOf({ temperature, topK, topP, typicalP }: GenerationConfig): readonly Warper[] {
  const warpers: Warper[] = [];
  if (temperature !== 1) warpers.push(temperatureWarper(temperature));
  if (topK > 0) warpers.push(topKWarper(topK));
  if (topP < 1) warpers.push(topPWarper(topP));
  if (typicalP < 1) warpers.push(typicalWarper(typicalP));
  return warpers;
}

export function temperatureWarper(temperature: number): Warper {
  return (scores) => {
    for (let id = 0; id < scores.length; id++) scores[id] = (scores[id] ?? 0) / temperature;
  };
}

/** The k best, and such as score no less than the last of them (Fan et al. 2018). */
export function topKWarper(k: number): Warper {
  return (scores) => {
    const last = kthOf(scores, Math.min(k, scores.length));
    keep(scores, (score) => score >= last);
  };
}

/** The fewest that have a probability of `p` together (Holtzman et al. 2019, nucleus sampling). */
export function topPWarper(p: number): Warper {
  return (scores) => {
    const probabilities = softmax(scores);
    const ascending = sortedIds(scores, (a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
    let sum = 0;
    for (const id of ascending.slice(0, -1)) {
      sum += probabilities[id] ?? 0;
      if (sum > 1 - p) return;
      scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}

/** Those whose surprise is nearest to what is expected, until they have a probability of `mass` (Meister et al. 2022). */
export function typicalWarper(mass: number): Warper {
  return (scores) => {
    const logs = logSoftmax(scores);
    const entropy = logs.reduce((sum, log) => (log === Number.NEGATIVE_INFINITY ? sum : sum - log * Math.exp(log)), 0);
    const distance = Float32Array.from(logs, (log) => Math.abs(-log - entropy));
    const nearest = sortedIds(scores, (a, b) => (distance[a] ?? 0) - (distance[b] ?? 0));
    let sum = 0;
    let last = 0;
    for (; last < nearest.length - 1; last++) {
      sum += Math.exp(logs[nearest[last] ?? 0] ?? 0);
      if (sum >= mass) break;
    }
    const furthest = distance[nearest[last] ?? 0] ?? 0;
    const first = nearest[0];
    keep(scores, (_, id) => id === first || (distance[id] ?? 0) <= furthest);
  };
}

function kthOf(scores: Float32Array, k: number): number {
  const last = k <= FEW ? scores[topK(scores, k).at(-1) ?? 0] : scores.toSorted()[scores.length - k];
  return last ?? Number.NEGATIVE_INFINITY;
}

/** The ids that may still come, which after top_k are few. */
function sortedIds(scores: Float32Array, order: (a: number, b: number) => number): Uint32Array {
  const possible: number[] = [];
  for (let id = 0; id < scores.length; id++) if (scores[id] !== Number.NEGATIVE_INFINITY) possible.push(id);
  return Uint32Array.from(possible).sort(order);
}

function keep(scores: Float32Array, stays: (score: number, id: number) => boolean): void {
  for (let id = 0; id < scores.length; id++) {
    if (!stays(scores[id] ?? 0, id)) scores[id] = Number.NEGATIVE_INFINITY;
  }
}
