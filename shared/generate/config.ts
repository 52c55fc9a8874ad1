// How a text is to be continued: what the caller asked for, over what the checkpoint says of itself, over what its pipeline says.
// Source: GenerationConfig and `_prepare_generated_length` of transformers 4.57.

import type { Limits } from '../task.ts';
import { affordable, type Cost } from './bounds.ts';
import { checkParameters } from './contradictions.ts';
import type { GenerationParameters } from './parameters.ts';
import type { Processor } from './processors.ts';

/** Complete and free of contradictions. Lengths count tokens. */
export interface GenerationConfig {
  /** Of the whole sequence: the prompt, or the token that a decoder starts with, and what follows. */
  readonly maxLength: number;
  readonly minLength: number;
  readonly doSample: boolean;
  readonly temperature: number;
  /** 0: no bound. */
  readonly topK: number;
  readonly topP: number;
  readonly typicalP: number;
  readonly seed: number | null;
  readonly numBeams: number;
  readonly numReturnSequences: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | 'never';
  readonly repetitionPenalty: number;
  readonly noRepeatNgramSize: number;
  readonly badWordsIds: readonly (readonly number[])[];
  /** What only the text at hand forbids. */
  readonly extra: readonly Processor[];
  readonly suppressTokens: readonly number[];
  /** Whether scores become log probabilities again after all that was done to them, which beams add up. */
  readonly renormalize: boolean;
  readonly forcedBosId: number | null;
  readonly forcedEosIds: readonly number[];
  readonly eosIds: readonly number[];
  readonly stop: readonly string[];
  /** Whether the probabilities of the tokens are told, which takes one more pass over the vocabulary at each. */
  readonly logprobs: boolean;
}

export interface Circumstances {
  /** Tokens before the first new one. */
  readonly promptLength: number;
  /** Those of them that stand before every prompt: a length of the whole is meant without them, as in TextGenerationPipeline. */
  readonly prefixLength: number;
  /** Tokens of an encoder's text. */
  readonly sourceLength: number;
  readonly renormalize: boolean;
  /** Tokens that the model takes together. */
  readonly contextLength: number;
  readonly eosIds: readonly number[];
  /** Ids of tokens are under this. */
  readonly vocabularySize: number;
  readonly cost: Cost;
  readonly limits: Limits;
  readonly warn: (message: string) => void;
}

type Defaults = Partial<GenerationParameters>;

/**
 * `layers`: the caller's parameters first, then the checkpoint's, then the pipeline's; null and undefined say nothing.
 * Throws `invalid_input` for what contradicts itself, is not offered, or is over the limits of a request.
 */
export function toConfig(layers: readonly [GenerationParameters, ...Defaults[]], at: Circumstances): GenerationConfig {
  const [asked] = layers;
  const of = <K extends keyof GenerationParameters, F>(
    key: K,
    fallback: F,
  ): NonNullable<GenerationParameters[K]> | F => {
    for (const layer of layers) {
      const value = layer[key];
      if (value !== undefined && value !== null) return value as NonNullable<GenerationParameters[K]>;
    }
    return fallback;
  };
  const eos = of('forced_eos_token_id', []);
  const numBeams = of('num_beams', 1);
  const minNewTokens = of('min_new_tokens', null);
  const config: GenerationConfig = {
    maxLength: Math.min(
      maxLengthOf(layers, at),
      at.contextLength,
      affordable(at.promptLength, numBeams, at.cost, at.limits),
    ),
    // Of the two the number of new tokens counts, as it does at the other end.
    minLength: minNewTokens === null ? withPrefix(of('min_length', 0), at) : at.promptLength + minNewTokens,
    doSample: of('do_sample', false),
    temperature: of('temperature', 1),
    topK: of('top_k', 50),
    topP: of('top_p', 1),
    typicalP: of('typical_p', 1),
    seed: of('seed', null),
    numBeams,
    numReturnSequences: of('num_return_sequences', 1),
    lengthPenalty: of('length_penalty', 1),
    earlyStopping: of('early_stopping', false),
    repetitionPenalty: of('repetition_penalty', 1),
    noRepeatNgramSize: of('no_repeat_ngram_size', 0),
    badWordsIds: of('bad_words_ids', []),
    extra: [],
    suppressTokens: of('suppress_tokens', []),
    renormalize: at.renormalize,
    forcedBosId: of('forced_bos_token_id', null),
    forcedEosIds: typeof eos === 'number' ? [eos] : eos,
    eosIds: at.eosIds,
    stop: of('stop', []),
    logprobs: false,
  };
  checkParameters(config, asked, at);
  return config;
}

/** 0 stands for no least length. */
function withPrefix(minLength: number, { prefixLength }: Circumstances): number {
  return minLength === 0 ? 0 : minLength + prefixLength;
}

/** The caller's own length goes before any default; of two of one layer, the number of new tokens counts. */
function maxLengthOf(layers: readonly Defaults[], { promptLength, prefixLength, limits, warn }: Circumstances): number {
  for (const { max_new_tokens: fresh, max_length: whole } of layers) {
    if (fresh !== undefined && fresh !== null) {
      if (layers[0]?.max_length && layers[0].max_new_tokens) warn('max_new_tokens goes before max_length');
      return promptLength + Math.min(fresh, limits.maxNewTokens);
    }
    if (whole !== undefined && whole !== null)
      return Math.min(whole + prefixLength, promptLength + limits.maxNewTokens);
  }
  return promptLength + 20;
}
