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
  const reach = Math.max(0, ...stop.map((text) => utf8.encode(text).length)) + MARGIN;
  return (ids) => {
    if (eosIds.includes(ids.at(-1) ?? -1)) return 'eos_token';
    if (stop.length > 0) {
      const text = endOf(ids, promptLength, reach, decoder);
      if (stop.some((each) => text.includes(each))) return 'stop_sequence';
    }
    return ids.length >= maxLength ? 'length' : null;
  };
}

/** The text of the last tokens: of as many as `reach`, for one may be a single byte, or of more, where some have no text. */
function endOf(ids: readonly number[], promptLength: number, reach: number, decoder: Decoder): string {
  for (let count = reach; ; count *= 2) {
    const start = Math.max(promptLength, ids.length - count);
    const text = decoder.decode(ids.slice(start), { cleanUpTokenizationSpaces: false });
    if (start === promptLength || utf8.encode(text).length >= reach) return text;
  }
}

const utf8 = new TextEncoder();
