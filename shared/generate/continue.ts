// One row of tokens, continued token by token: greedily, or by drawing. Source: GenerationMixin._sample of transformers 4.57.

import { ServiceError } from '../errors.ts';
import { logSumExp } from '../tensor.ts';
import type { GenerationConfig } from './config.ts';
import type { Between, Decoding } from './decoding.ts';
import { processorsOf } from './processors.ts';
import type { Random } from './random.ts';
import type { FinishReason, Stopping } from './stopping.ts';
import { warpersOf } from './warpers.ts';

export interface NewToken {
  readonly id: number;
  /** Logarithm of its probability among what was left to choose from; null where nobody asked. */
  readonly logprob: number | null;
  /** Why it is the last, or null. */
  readonly finish: FinishReason | null;
}

/** Runs a step, gives way to the rest of the isolate after it, and throws once the client has left. `between`: for within the step. */
export type Pace = <T>(step: (between?: Between) => Promise<T>) => Promise<T>;

/** `random`: for drawing; without it the likeliest token is taken. */
export async function* continueRow(
  decoding: Decoding,
  prompt: readonly number[],
  config: GenerationConfig,
  stopping: Stopping,
  pace: Pace,
  random: Random | null,
): AsyncGenerator<NewToken, void, undefined> {
  const processors = processorsOf(config);
  const warpers = random ? warpersOf(config) : [];
  const ids = [...prompt];
  let fresh: readonly number[] = prompt;
  while (true) {
    const tokens = fresh;
    const [scores = new Float32Array()] = await pace((between) => decoding.step([tokens], between));
    for (const process of processors) process(scores, ids);
    // What is no number would be left out by the warpers, as unlikely.
    if (random && hasNaN(scores)) noNumbers();
    for (const warp of warpers) warp(scores);
    const shift = random || config.logprobs ? logSumExp(scores) : null;
    const id = random && shift !== null ? draw(scores, shift, random()) : likeliest(scores);
    ids.push(id);
    fresh = [id];
    const finish = stopping(ids);
    yield { id, logprob: shift === null ? null : (scores[id] ?? Number.NEGATIVE_INFINITY) - shift, finish };
    if (finish) return;
  }
}

/** Throws where every token is forbidden. */
export function nothingLeft(): never {
  throw new ServiceError(
    'invalid_input',
    'no token is left to go on with; forbid fewer in parameters.suppress_tokens and bad_words_ids, or lower no_repeat_ngram_size and the least length',
  );
}

/** Throws for scores that are NaN: the decoder's fault, and no caller's. */
export function noNumbers(): never {
  throw new ServiceError('internal', 'the decoder gave scores that are no numbers');
}

/** A plain loop: a vocabulary is long. */
function hasNaN(scores: Float32Array): boolean {
  for (let id = 0; id < scores.length; id++) if (Number.isNaN(scores[id])) return true;
  return false;
}

/** The first of the highest, as argmax. */
function likeliest(scores: Float32Array): number {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id] as number;
    if (score <= highest) continue;
    if (Number.isNaN(score)) noNumbers();
    highest = score;
    best = id;
  }
  return highest === Number.NEGATIVE_INFINITY ? nothingLeft() : best;
}

/** The token in whose share of [0, 1) the number lies. A token's share is exp(score - shift), and all of them add up to 1. */
export function draw(scores: Float32Array, shift: number, uniform: number): number {
  let sum = 0;
  let last = -1;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id] as number;
    if (score === Number.NEGATIVE_INFINITY) continue;
    last = id;
    sum += Math.exp(score - shift);
    if (uniform < sum) return id;
  }
  // Rounding may leave a little beyond the last.
  return last < 0 ? nothingLeft() : last;
}
