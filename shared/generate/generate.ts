// From a prompt to its continuations, by the way that the configuration asks for.

import type { Model } from '../model/open-model.ts';
import type { Context } from '../task.ts';
import { beamSearch } from './beam-search.ts';
import { type Cost, cacheBytes, costOf, within } from './bounds.ts';
import { type Circumstances, type GenerationConfig, toConfig } from './config.ts';
import { continueRow, type NewToken, type Pace } from './continue.ts';
import type { Decoding, Source } from './decoding.ts';
import { openDecoding } from './open-decoding.ts';
import type { GenerationParameters } from './parameters.ts';
import { createRandom, randomSeed } from './random.ts';
import { type FinishReason, stoppingOf } from './stopping.ts';

export interface Prompt {
  /** What the decoder begins with; at least one. */
  readonly ids: readonly number[];
  /** Where there is an encoder: its text, which is encoded when its turn has come. */
  readonly source: { readonly length: number; encode(): Promise<Source> } | null;
}

export interface Continuation {
  /** The new tokens, that which ends the text included. */
  readonly tokens: readonly NewToken[];
  readonly finish: FinishReason;
  /** Null where nothing was left to chance. */
  readonly seed: number | null;
}

export interface Lengths {
  readonly promptLength: number;
  /** Tokens of the prompt that stand before every prompt. */
  readonly prefixLength?: number;
  /** Tokens of an encoder's text. */
  readonly sourceLength?: number;
}

/** `toConfig` for this model. `layers`: the caller's parameters, then defaults, nearest first. */
export function configOf(
  layers: readonly [GenerationParameters, ...Partial<GenerationParameters>[]],
  { promptLength, sourceLength = 0, prefixLength = 0 }: Lengths,
  model: Model,
  { limits, warn }: Context,
): GenerationConfig {
  const { manifest, tokenizer } = model;
  const at: Circumstances = {
    promptLength,
    prefixLength,
    sourceLength,
    contextLength: manifest.generation?.positions ?? manifest.maxLength,
    eosIds: manifest.generation?.eosIds ?? [],
    renormalize: manifest.generation?.renormalize ?? false,
    vocabularySize: tokenizer.vocabularySize,
    cost: costOf(model, sourceLength),
    limits,
    warn,
  };
  return toConfig(layers, at);
}

/**
 * `numReturnSequences` continuations: the best beams, best first, or as many draws. What the texts before have left of the request's
 * bounds may end them early, with `length` for the reason.
 */
export async function generate(
  prompt: Prompt,
  config: GenerationConfig,
  model: Model,
  context: Context,
): Promise<readonly Continuation[]> {
  if (config.numBeams > 1) return searchBeams(prompt, config, model, context);
  const seed = config.doSample ? (config.seed ?? randomSeed()) : null;
  const random = seed === null ? null : createRandom(seed);
  const continuations: Continuation[] = [];
  for (let i = 0; i < config.numReturnSequences; i++) {
    const tokens: NewToken[] = [];
    for await (const token of continuation(prompt, config, model, context, random)) tokens.push(token);
    continuations.push({ tokens, finish: tokens.at(-1)?.finish ?? 'length', seed });
  }
  return continuations;
}

/** The same for one greedy or drawn continuation, token by token: none where the request's bounds are used up. */
export async function* continuation(
  prompt: Prompt,
  config: GenerationConfig,
  model: Model,
  context: Context,
  random: ReturnType<typeof createRandom> | null,
): AsyncGenerator<NewToken, void, undefined> {
  const begun = await begin(prompt, config, model, context);
  if (!begun) return;
  const { decoding, bounded, stopping, pace, end } = begun;
  try {
    yield* continueRow(decoding, prompt.ids, bounded, stopping, pace, random);
  } finally {
    end();
  }
}

async function searchBeams(
  prompt: Prompt,
  config: GenerationConfig,
  model: Model,
  context: Context,
): Promise<readonly Continuation[]> {
  const begun = await begin(prompt, config, model, context);
  if (!begun) return Array(config.numReturnSequences).fill({ tokens: [], finish: 'length', seed: null });
  const { decoding, bounded, stopping, pace, end } = begun;
  const best = await beamSearch(decoding, prompt.ids, bounded, stopping, pace).finally(end);
  return best.map(({ ids, logprobs, finish }) => {
    const fresh = ids.slice(prompt.ids.length);
    const tokens = fresh.map((id, i) => ({
      id,
      logprob: logprobs[i] ?? 0,
      finish: i === fresh.length - 1 ? finish : null,
    }));
    return { tokens, finish, seed: null };
  });
}

/** Null where the request has no token left to write. Waits until the caches of the text have room. `end` is to be called however it ends. */
export async function begin({ ids, source }: Prompt, config: GenerationConfig, model: Model, context: Context) {
  const cost = costOf(model, source?.length ?? 0);
  const bounded = within(config, ids.length, cost, context);
  if (bounded.maxLength <= ids.length) return null;
  const leave = await context.caches.enter(cacheBytes(bounded.maxLength, bounded.numBeams, cost), context.signal);
  try {
    const decoding = openDecoding(model, source && (await source.encode()));
    const end = () => {
      try {
        decoding.close();
      } finally {
        leave();
      }
    };
    const stopping = stoppingOf(bounded, ids.length, model.decoder);
    return { decoding, bounded, stopping, pace: paceOf(decoding, context, cost), end };
  } catch (error) {
    leave();
    throw error;
  }
}

/**
 * A run never gives way by itself: without a turn of the event loop after each, the news that the client has left would wait until the
 * last token. The timer starts before the run and is due when it ends, or its least time would be lost at every token.
 */
function paceOf(decoding: Decoding, { signal, meter }: Context, { decoderMib }: Cost): Pace {
  const between = async () => {
    await scheduler.wait(0);
    signal.throwIfAborted();
  };
  return async (step) => {
    const turn = scheduler.wait(0);
    const before = decoding.positions;
    const result = await step(between);
    await turn;
    signal.throwIfAborted();
    meter.count('steps', 1);
    meter.count('decoder-mib', (decoding.positions - before) * decoderMib);
    return result;
  };
}
