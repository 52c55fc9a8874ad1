// Tokens on the wire, as text-generation-inference tells of them.

import * as z from 'zod/mini';
import type { Model } from '../model/open-model.ts';
import { DecodeStream } from '../tokenizer/decode-stream.ts';
import type { NewToken } from './continue.ts';
import type { Continuation } from './generate.ts';

export const tokenFields = z.object({
  id: z.int(),
  text: z.string(),
  logprob: z.number(),
  special: z.boolean(),
});

export const prefillFields = z.object({ id: z.int(), text: z.string(), logprob: z.nullable(z.number()) });

export const details = z.object({
  finish_reason: z.enum(['length', 'eos_token', 'stop_sequence']),
  generated_tokens: z.int(),
  /** Null where nothing was left to chance. */
  seed: z.nullable(z.int()),
  /** The prompt's tokens, where they were asked for. */
  prefill: z.array(prefillFields),
  tokens: z.array(tokenFields),
});

/** `text`: what the token adds to the text. */
export function toWireToken(
  { id, logprob }: NewToken,
  text: string,
  { manifest }: Model,
): z.output<typeof tokenFields> {
  return { id, text, logprob: logprob ?? 0, special: manifest.decoding.specialIds.includes(id) };
}

/** `prompt`: the tokens before. The texts of the tokens are the whole, cut where a character is complete. */
export function continuationDetails(
  { tokens, finish, seed }: Continuation,
  prompt: readonly number[],
  prefill: readonly z.output<typeof prefillFields>[],
  model: Model,
): z.output<typeof details> {
  const texts = streamAfter(prompt, model);
  return {
    finish_reason: finish,
    generated_tokens: tokens.length,
    seed,
    prefill: [...prefill],
    tokens: tokens.map((token) => toWireToken(token, texts.push(token.id) + (token.finish ? texts.end() : ''), model)),
  };
}

/** What `decoder_input_details` asks for. `logprobs`: one a token. */
export function promptDetails(
  prompt: readonly number[],
  logprobs: readonly (number | null)[],
  model: Model,
): z.output<typeof prefillFields>[] {
  const texts = streamAfter([], model);
  return prompt.map((id, i) => ({ id, text: texts.push(id), logprob: logprobs[i] ?? null }));
}

/** The texts of tokens that follow a prompt; special ones have none. */
export function streamAfter(prompt: readonly number[], { decoder }: Model): DecodeStream {
  const stream = new DecodeStream(decoder, { skipSpecialTokens: true });
  stream.follow(prompt);
  return stream;
}
