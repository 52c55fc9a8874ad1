// A text to another text, through an encoder and a decoder: what summarization and translation share.
// Source: Text2TextGenerationPipeline of transformers 4.57.

import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';
import { admit } from '../forward.ts';
import type { Model } from '../model/open-model.ts';
import { fields, optional } from '../schema.ts';
import type { Context } from '../task.ts';
import type { Encoding } from '../tokenizer/encoding.ts';
import { toTruncation, truncationFields } from '../truncation.ts';
import { capitalsFrom, piecesOf } from './capitals.ts';
import { type Continuation, configOf, generate } from './generate.ts';
import { type GenerationParameters, generationFields, toGeneration } from './parameters.ts';
import { encodeSource } from './source.ts';

/** Spread into a task's parameters. */
export const rewritingFields = {
  truncation: optional(truncationFields.truncation, 'longest_first'),
  clean_up_tokenization_spaces: optional(z.boolean('must be true or false'), false),
  ...generationFields,
  generate_parameters: optional(fields(generationFields), null),
};

const shape = z.object(rewritingFields);
export type RewritingParameters = z.output<typeof shape>;

export interface Wording {
  /** Stands before every input. */
  readonly prefix: string;
  /** Of this task, after the caller's parameters and before the checkpoint's. */
  readonly defaults: Partial<GenerationParameters>;
  /** Replaces the token of a language that the tokenizer puts around a text. */
  readonly sourceLanguageId?: number | undefined;
}

/** Text2TextGenerationPipeline._default_generation_config */
const DEFAULTS = { max_new_tokens: 256, num_beams: 4 };

/** The texts that become of each input: one, or `num_return_sequences`. */
export async function rewrite(
  inputs: readonly string[],
  parameters: RewritingParameters,
  wording: Wording,
  model: Model,
  context: Context,
): Promise<readonly (readonly string[])[]> {
  const options = { skipSpecialTokens: true, cleanUpTokenizationSpaces: parameters.clean_up_tokenization_spaces };
  const rewritten = await rewriteTokens(inputs, parameters, wording, model, context);
  return rewritten.map((continuations) =>
    continuations.map(({ tokens }) =>
      model.decoder.decode(
        tokens.map(({ id }) => id),
        options,
      ),
    ),
  );
}

/** The same as tokens, that with which the decoder starts left out. */
export async function rewriteTokens(
  inputs: readonly string[],
  parameters: RewritingParameters,
  wording: Wording,
  model: Model,
  context: Context,
): Promise<readonly (readonly Continuation[])[]> {
  const { manifest, tokenizer } = model;
  const start = manifest.generation?.decoderStartId ?? null;
  if (start === null) {
    const message = `model ${manifest.name} does not say with which token its decoder starts`;
    throw new ServiceError('model_unavailable', message);
  }
  const truncation = toTruncation({ truncation: parameters.truncation, max_length: null }, model);
  const cure = 'set parameters.truncation to cut it';
  const encodings = inputs.flatMap((text, i) =>
    admit(model, tokenizer.encode(wording.prefix + text, truncation && { truncation }), `inputs[${i}]`, cure, context),
  );
  const layers = [wording.defaults, manifest.generation?.defaults ?? {}, DEFAULTS];
  const asked = toGeneration(parameters);
  const extraOf = (text: string) =>
    manifest.generation?.capitalsFromSource ? [capitalsFrom(text, piecesOf(model))] : [];
  const prompts = encodings.map((encoding, i) => {
    const config = configOf([asked, ...layers], { promptLength: 1, sourceLength: encoding.ids.length }, model, context);
    const encode = once(() => encodeSource(model, withLanguage(encoding, wording.sourceLanguageId, model)));
    const source = { length: encoding.ids.length, encode };
    return { config: { ...config, extra: extraOf(inputs[i] ?? '') }, ids: [start], source };
  });
  const answers: (readonly Continuation[])[] = [];
  for (const { config, ...prompt } of prompts) {
    context.signal.throwIfAborted();
    answers.push(await generate(prompt, config, model, context));
  }
  return answers;
}

/** Several draws from one text share what the encoder made of it. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** mBART and NLLB name the language of a text by a special token beside it; the tokenizer puts one of them, which gives way. */
function withLanguage(encoding: Encoding, language: number | undefined, { manifest }: Model): Encoding {
  if (language === undefined) return encoding;
  const known = new Set(Object.values(manifest.generation?.languages ?? {}));
  encoding.specialTokensMask.forEach((special, i) => {
    if (special === 1 && known.has(encoding.ids[i] ?? -1)) encoding.ids[i] = language;
  });
  return encoding;
}
