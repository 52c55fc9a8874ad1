// Beam search: several continuations at once, of which the best by their whole probability stay.
// Source: GenerationMixin._beam_search of transformers 4.57, for one prompt.

import { scoreRow } from '../runtime/score-row.ts';
import type { GenerationConfig } from './config.ts';
import { noNumbers, nothingLeft, type Pace } from './continue.ts';
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

/**
 * The best `numReturnSequences` hypotheses, best first. Throws `invalid_input` where what is forbidden leaves fewer.
 *
 * The reference weighs hypotheses against places of -1e9 that none has taken yet, and where a length penalty far under 0 puts all of them
 * lower it answers nothing. Here a place that is free loses to every hypothesis.
 */
export async function beamSearch(
  decoding: Decoding,
  prompt: readonly number[],
  config: GenerationConfig,
  stopping: Stopping,
  pace: Pace,
): Promise<readonly Hypothesis[]> {
  const { numBeams, numReturnSequences, lengthPenalty, earlyStopping, maxLength, eosIds } = config;
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
  const [first = new Float32Array()] = await pace((between) => decoding.step([prompt], between));
  let rows: readonly Float32Array[] = beams.map(() => first);
  while (true) {
    const candidates = bestOf(rows, beams, { processors, kept, stopping });
    if (candidates.length === 0) break;
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
    const isEnough =
      finished.length >= numReturnSequences && ((isFull && earlyStopping === true) || !(possible > worst));
    if (isEnough || candidates.every(({ finish }) => finish)) break;
    beams = next;
    decoding.reorder(next.map(({ parent }) => (length === 1 ? 0 : parent)));
    rows = await pace(() => decoding.step(next.map(({ ids }) => ids.slice(-1))));
  }
  if (finished.length < numReturnSequences) nothingLeft();
  return finished.slice(0, numReturnSequences);
}

/** The best continuations of all beams, best first; none where every token of every beam is forbidden. */
function bestOf(
  rows: readonly Float32Array[],
  beams: readonly Beam[],
  { processors, kept, stopping }: { processors: readonly Processor[]; kept: number; stopping: Stopping },
): readonly Candidate[] {
  // Of each beam as many as may be the best of all: a vocabulary is long, and the beams take turns where it is weighed.
  const scores = scoreRow();
  const found = beams.flatMap(({ ids, score }, parent) => {
    const logs = scores.logProbabilities(rows[parent] ?? new Float32Array());
    // One that is no number leaves none that is.
    if (Number.isNaN(logs[0])) noNumbers();
    for (const process of processors) process(logs, ids);
    return scores.best(kept, score).map(({ id, sum, log }) => ({ parent, id, sum, logprob: log }));
  });
  const best = found.sort((a, b) => b.sum - a.sum).slice(0, kept);
  if (best[0]?.sum === Number.NEGATIVE_INFINITY) return [];
  return best.map(({ parent, id, sum, logprob }) => {
    const ids = [...(beams[parent]?.ids ?? []), id];
    const logprobs = [...(beams[parent]?.logprobs ?? []), logprob];
    return { ids, score: sum, logprobs, parent, finish: stopping(ids) };
  });
}

/** None of a candidate that goes on, or has a token that is forbidden. */
function toHypothesis({ ids, score, logprobs, finish }: Candidate, penalty: number): readonly Hypothesis[] {
  if (!finish || score === Number.NEGATIVE_INFINITY) return [];
  return [{ ids, score: Math.fround(score / penalty), logprobs, finish }];
}

/** The best that have not ended. Where there are too few, ended ones fill the places without a chance to win. */
function stillRunning(candidates: readonly Candidate[], count: number): readonly Candidate[] {
  return candidates
    .map((each) => (each.finish ? { ...each, score: Math.fround(each.score + NEVER) } : each))
    .sort((a, b) => b.score - a.score)
    .slice(0, count);
}
