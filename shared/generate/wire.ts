// Tokens on the wire, as text-generation-inference tells of them.

import * as z from 'zod/mini';
import type { Model } from '../model/open-model.ts';
import type { NewToken } from './continue.ts';
import type { Continuation } from './generate.ts';

export const tokenFields = z.object({
  id: z.int(),
  text: z.string(),
  logprob: z.number(),
  special: z.boolean(),
});

export const details = z.object({
  finish_reason: z.enum(['length', 'eos_token', 'stop_sequence']),
  generated_tokens: z.int(),
  /** Null where nothing was left to chance. */
  seed: z.nullable(z.int()),
  tokens: z.array(tokenFields),
});

export function toWireToken({ id, logprob }: NewToken, { decoder, manifest }: Model): z.output<typeof tokenFields> {
  const text = decoder.decode([id], { cleanUpTokenizationSpaces: false });
  return { id, text, logprob: logprob ?? 0, special: manifest.decoding.specialIds.includes(id) };
}

export function continuationDetails({ tokens, finish, seed }: Continuation, model: Model): z.output<typeof details> {
  return {
    finish_reason: finish,
    generated_tokens: tokens.length,
    seed,
    tokens: tokens.map((token) => toWireToken(token, model)),
  };
}
