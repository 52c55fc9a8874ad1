// Beam search: several continuations at once, of which the best by their whole probability stay.
// Source: GenerationMixin._beam_search of transformers 4.57, for one prompt.

import { logSumExp, topK } from '../tensor.ts';
import type { GenerationConfig } from './config.ts';
import { nothingLeft, type Pace } from './continue.ts';
import type { Decoding } from './decoding.ts';
import { type Processor, processorsOf } from './processors.ts';
import type { FinishReason, Stopping } from './stopping.ts';

/** A continuation that is complete. */
export interface Hypothesis {
  /** The prompt's tokens and the new ones. */
  readonly ids: readonly number[];
  /** Sum of the tokens' log probabilities over their number to the power of the length penalty. */
  readonly score: number;
  readonly logprobs: readonly number[];
  readonly finish: FinishReason;
}

interface Beam {
  readonly ids: readonly number[];
  /** Sum of log probabilities, in single precision as the reference adds. */
  readonly score: number;
  readonly logprobs: readonly number[];
}

interface Candidate extends Beam {
  /** The beam that it goes on from. */
  readonly parent: number;
  readonly finish: FinishReason | null;
}

/** Stands for minus infinity where numbers are still to be added. */
const NEVER = -1e9;

/** The best `numReturnSequences` hypotheses, best first. */
export async function beamSearch(
  decoding: Decoding,
  prompt: readonly number[],
  config: GenerationConfig,
  stopping: Stopping,
  pace: Pace,
): Promise<readonly Hypothesis[]> {
  const { numBeams, lengthPenalty, earlyStopping, maxLength, eosIds } = config;
  const processors = processorsOf(config);
  // Beams that end in this step leave their places to others: as many more as there are ways of ending.
  const kept = Math.max(2, 1 + eosIds.length) * numBeams;
  // All beams begin as the prompt; only the first may go on, or all would say the same.
  let beams: readonly Beam[] = Array.from({ length: numBeams }, (_, i) => ({
    ids: prompt,
    score: i === 0 ? 0 : NEVER,
    logprobs: [],
  }));
  let finished: readonly Hypothesis[] = [];
  // One row of the prompt does for all.
  const [first = new Float32Array()] = await pace(() => decoding.step([prompt]));
  let rows: readonly Float32Array[] = beams.map(() => first.slice());
  const sums = new Float32Array(numBeams * first.length);
  while (true) {
    const candidates = bestOf(rows, beams, sums, { processors, kept, stopping });
    if (candidates.length === 0) {
      if (finished.length === 0) nothingLeft();
      break;
    }
    const length = (candidates[0]?.ids.length ?? 0) - prompt.length;
    const ended = candidates
      .slice(0, numBeams)
      .flatMap((candidate) => toHypothesis(candidate, length ** lengthPenalty));
    finished = [...finished, ...ended].sort((a, b) => b.score - a.score).slice(0, numBeams);
    const next = stillRunning(candidates, numBeams);
    const hypothetical = earlyStopping === 'never' && lengthPenalty > 0 ? maxLength - prompt.length : length;
    const possible = (next[0]?.score ?? NEVER) / hypothetical ** lengthPenalty;
    const isFull = finished.length === numBeams;
    const worst = isFull ? (finished.at(-1)?.score ?? NEVER) : NEVER;
    if ((isFull && earlyStopping === true) || !(possible > worst) || candidates.every(({ finish }) => finish)) break;
    beams = next;
    decoding.reorder(next.map(({ parent }) => (length === 1 ? 0 : parent)));
    rows = await pace(() => decoding.step(next.map(({ ids }) => ids.slice(-1))));
  }
  return finished.slice(0, config.numReturnSequences);
}

/**
 * The best continuations of all beams, best first; none where every token of every beam is forbidden. `rows` become the logarithms of the
 * probabilities, and `sums` [beams × vocabulary] those of whole continuations: a vocabulary is long, and no other copy of it is made.
 */
function bestOf(
  rows: readonly Float32Array[],
  beams: readonly Beam[],
  sums: Float32Array,
  { processors, kept, stopping }: { processors: readonly Processor[]; kept: number; stopping: Stopping },
): readonly Candidate[] {
  const size = sums.length / beams.length;
  for (const [row, { ids, score }] of beams.entries()) {
    const logs = rows[row] ?? new Float32Array();
    const shift = logSumExp(logs);
    for (let id = 0; id < size; id++) logs[id] = (logs[id] as number) - shift;
    for (const process of processors) process(logs, ids);
    for (let id = 0; id < size; id++) sums[row * size + id] = (logs[id] as number) + score;
  }
  const best = topK(sums, kept);
  if (sums[best[0] ?? 0] === Number.NEGATIVE_INFINITY) return [];
  return best.map((at) => {
    const parent = Math.floor(at / size);
    const id = at % size;
    const beam = beams[parent];
    const ids = [...(beam?.ids ?? []), id];
    const logprobs = [...(beam?.logprobs ?? []), rows[parent]?.[id] ?? NEVER];
    return { ids, score: sums[at] ?? NEVER, logprobs, parent, finish: stopping(ids) };
  });
}

function toHypothesis({ ids, score, logprobs, finish }: Candidate, penalty: number): readonly Hypothesis[] {
  return finish ? [{ ids, score: Math.fround(score / penalty), logprobs, finish }] : [];
}

/** The best that have not ended. Where there are too few, ended ones fill the places without a chance to win. */
function stillRunning(candidates: readonly Candidate[], count: number): readonly Candidate[] {
  return candidates
    .map((each) => (each.finish ? { ...each, score: Math.fround(each.score + NEVER) } : each))
    .sort((a, b) => b.score - a.score)
    .slice(0, count);
}
