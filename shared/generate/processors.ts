// What is done to the scores of the next token before one is picked: the logits processors of transformers 4.57
// (generation/logits_process.py), each a function that changes a row of scores in place, and their order.

import { logSumExp } from '../tensor.ts';
import type { GenerationConfig } from './config.ts';

/** One row: the scores of every token of the vocabulary, and the tokens before it, the prompt's included. */
export type Processor = (scores: Float32Array, ids: readonly number[]) => void;

/** Those that a configuration asks for, in the order of `_get_logits_processor`. */
export function processorsOf(config: GenerationConfig): readonly Processor[] {
  const { eosIds, minLength } = config;
  const processors: Processor[] = [];
  if (config.repetitionPenalty !== 1) processors.push(repetitionPenalty(config.repetitionPenalty));
  if (config.noRepeatNgramSize > 0) processors.push(noRepeatNgram(config.noRepeatNgramSize));
  if (config.badWordsIds.length > 0) processors.push(noBadWords(config.badWordsIds, eosIds));
  processors.push(...config.extra);
  if (minLength > 0) processors.push(minimumLength(minLength, eosIds));
  if (config.forcedBosId !== null) processors.push(forcedBos(config.forcedBosId));
  if (config.forcedEosIds.length > 0) processors.push(forcedEos(config.maxLength, config.forcedEosIds));
  if (config.suppressTokens.length > 0) processors.push(suppress(config.suppressTokens));
  if (config.renormalize) processors.push(normalize);
  return processors;
}

/** A token that is there already scores less: a positive score is divided, a negative one multiplied (Keskar et al. 2019, CTRL). */
export function repetitionPenalty(penalty: number): Processor {
  return (scores, ids) => {
    for (const id of new Set(ids)) {
      const score = scores[id];
      if (score !== undefined) scores[id] = score < 0 ? score * penalty : score / penalty;
    }
  };
}

/** No run of `size` tokens comes twice (Paulus et al. 2017). */
export function noRepeatNgram(size: number): Processor {
  return (scores, ids) => {
    const start = ids.length - (size - 1);
    if (start < 0) return;
    for (let at = 0; at < start; at++) {
      let same = 0;
      while (same < size - 1 && ids[at + same] === ids[start + same]) same++;
      if (same === size - 1) forbid(scores, ids[at + same]);
    }
  };
}

/** The last token of a forbidden sequence, where the ones before it stand already. A sequence as long as the text so far is not looked for. */
export function noBadWords(words: readonly (readonly number[])[], eosIds: readonly number[]): Processor {
  const kept = words.filter((word) => !(word.length === 1 && eosIds.includes(word[0] ?? -1)));
  return (scores, ids) => {
    for (const word of kept) {
      const before = word.length - 1;
      if (before > 0 && word.length > ids.length) continue;
      if (word.slice(0, before).every((id, i) => ids[ids.length - before + i] === id)) forbid(scores, word[before]);
    }
  };
}

/** No end before there are `length` tokens, the prompt's included. */
export function minimumLength(length: number, eosIds: readonly number[]): Processor {
  return (scores, ids) => {
    if (ids.length < length) for (const id of eosIds) forbid(scores, id);
  };
}

/** The token after the first. */
export function forcedBos(id: number): Processor {
  return (scores, ids) => {
    if (ids.length === 1) force(scores, [id]);
  };
}

/** The last token that `maxLength` leaves room for. */
export function forcedEos(maxLength: number, eosIds: readonly number[]): Processor {
  return (scores, ids) => {
    if (ids.length === maxLength - 1) force(scores, eosIds);
  };
}

export function suppress(tokens: readonly number[]): Processor {
  return (scores) => {
    for (const id of tokens) forbid(scores, id);
  };
}

/**
 * Scores become log probabilities again, after what was forbidden has left (LogitNormalization). Where that is all of them, they stay as they
 * are, for whoever chooses to see that nothing is left; the reference gives NaN.
 */
export function normalize(scores: Float32Array): void {
  if (scores.every((score) => score === Number.NEGATIVE_INFINITY)) return;
  const shift = logSumExp(scores);
  for (let id = 0; id < scores.length; id++) scores[id] = (scores[id] as number) - shift;
}

function forbid(scores: Float32Array, id: number | undefined): void {
  if (id !== undefined && id < scores.length) scores[id] = Number.NEGATIVE_INFINITY;
}

function force(scores: Float32Array, ids: readonly number[]): void {
  scores.fill(Number.NEGATIVE_INFINITY);
  for (const id of ids) if (id < scores.length) scores[id] = 0;
}
