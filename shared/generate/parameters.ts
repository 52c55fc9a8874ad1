// The generation parameters of the wire, which the three writing tasks share.

import * as z from 'zod/mini';
import { optional } from '../schema.ts';

const MOST_STOPS = 16;
const MOST_STOP_LENGTH = 256;
const MOST_WORDS = 1024;
const MOST_WORD_LENGTH = 32;
const MOST_SUPPRESSED = 4096;

/** A whole number, or null where none was said. */
export const whole = (from: number) => {
  const message = `must be a whole number from ${from} to ${Number.MAX_SAFE_INTEGER}`;
  return optional(z.int(message).check(z.minimum(from, message)), null);
};
const number = (from: number, to: number, hint = '') => {
  const message = `must be a number from ${from} to ${to}${hint}`;
  return optional(z.number(message).check(z.minimum(from, message), z.maximum(to, message)), null);
};
const flag = optional(z.boolean('must be true or false'), null);
const id = z.int('must be a token id').check(z.minimum(0, 'must be a token id'));
const share = 'must be a number over 0 and up to 1';
const word = `must have 1 to ${MOST_WORD_LENGTH} token ids`;
const words = `must be a list of at most ${MOST_WORDS} lists of token ids`;
const suppressed = `must be a list of at most ${MOST_SUPPRESSED} token ids`;
const stop = `must be at most ${MOST_STOPS} strings of 1 to ${MOST_STOP_LENGTH} characters`;

/** Spread into a task's parameters, or nested in `generate_parameters`. Null stands for what was not said. */
export const generationFields = {
  max_new_tokens: whole(1),
  min_new_tokens: whole(0),
  max_length: whole(1),
  min_length: whole(0),
  do_sample: flag,
  temperature: number(0.01, 100, '; for the likeliest text set do_sample to false'),
  top_k: whole(0),
  top_p: number(0, 1),
  typical_p: optional(z.number(share).check(z.positive(share), z.maximum(1, share)), null),
  seed: whole(0),
  num_beams: whole(1),
  num_return_sequences: whole(1),
  length_penalty: number(-100, 100),
  early_stopping: optional(z.union([z.boolean(), z.literal('never')], 'must be true, false or never'), null),
  repetition_penalty: number(0.01, 100),
  no_repeat_ngram_size: whole(0),
  bad_words_ids: optional(
    z
      .array(z.array(id, word).check(z.minLength(1, word), z.maxLength(MOST_WORD_LENGTH, word)), words)
      .check(z.maxLength(MOST_WORDS, words)),
    null,
  ),
  suppress_tokens: optional(z.array(id, suppressed).check(z.maxLength(MOST_SUPPRESSED, suppressed)), null),
  forced_bos_token_id: optional(id, null),
  forced_eos_token_id: optional(z.union([id, z.array(id)], 'must be a token id or a list of them'), null),
  stop: optional(
    z
      .array(z.string(stop).check(z.minLength(1, stop), z.maxLength(MOST_STOP_LENGTH, stop)), stop)
      .check(z.maxLength(MOST_STOPS, stop)),
    null,
  ),
};

const shape = z.object(generationFields);
export type GenerationParameters = z.output<typeof shape>;

/** Those of the parameters that say how to generate; what stands under `generate_parameters` goes first. */
export function toGeneration(
  parameters: GenerationParameters & { generate_parameters: GenerationParameters | null },
): GenerationParameters {
  const nested = Object.entries(parameters.generate_parameters ?? {}).filter(([, value]) => value !== null);
  const flat = Object.keys(generationFields).map(
    (key) => [key, parameters[key as keyof GenerationParameters]] as const,
  );
  return { ...Object.fromEntries(flat), ...Object.fromEntries(nested) } as GenerationParameters;
}
