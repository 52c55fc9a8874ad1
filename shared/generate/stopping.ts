// When a row has come to its end: a token that ends texts, the length, or a string to stop at. As the stopping criteria of
// transformers 4.57; a string is looked for in the new text alone.

import type { Decoder } from '../tokenizer/decoder.ts';
import type { GenerationConfig } from './config.ts';

export type FinishReason = 'eos_token' | 'stop_sequence' | 'length';

/** Tokens before the newest that are read again, beside as many as the longest string has bytes: what a decoder may need to see. */
const MARGIN = 8;

/** Why a row of `promptLength` tokens and what follows them has ended, or null. */
export type Stopping = (ids: readonly number[]) => FinishReason | null;

export function stoppingOf(config: GenerationConfig, promptLength: number, decoder: Decoder): Stopping {
  const { eosIds, stop, maxLength } = config;
  // A token may be a single byte. It may have no text too, but then it does not help to complete one either.
  const reach = Math.max(0, ...stop.map((text) => utf8.encode(text).length)) + MARGIN;
  return (ids) => {
    if (eosIds.includes(ids.at(-1) ?? -1)) return 'eos_token';
    if (stop.length > 0) {
      const text = decoder.decode(ids.slice(Math.max(promptLength, ids.length - reach)), {
        cleanUpTokenizationSpaces: false,
      });
      if (stop.some((each) => text.includes(each))) return 'stop_sequence';
    }
    return ids.length >= maxLength ? 'length' : null;
  };
}

const utf8 = new TextEncoder();
