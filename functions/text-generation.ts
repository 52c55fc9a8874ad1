// POST /v1/text-generation  {"inputs": "In this course, we will teach you how to", "parameters": {"max_new_tokens": 20}}
//   ->  [{"generated_text": "In this course, we will teach you how to …"}]
//
// Semantics: TextGenerationPipeline of transformers 4.57; details and the stream are those of text-generation-inference.

import * as z from 'zod/mini';
import { ServiceError } from '../shared/errors.ts';
import type { GenerationConfig } from '../shared/generate/config.ts';
import { configOf, continuation, generate } from '../shared/generate/generate.ts';
import { generationFields, toGeneration, whole } from '../shared/generate/parameters.ts';
import { promptLogprobs } from '../shared/generate/prompt-logprobs.ts';
import { createRandom, randomSeed } from '../shared/generate/random.ts';
import { continuationDetails, details, promptDetails, streamAfter, toWireToken } from '../shared/generate/wire.ts';
import { serve } from '../shared/http/serve.ts';
import type { Model } from '../shared/model/open-model.ts';
import { fields, optional, texts } from '../shared/schema.ts';
import type { Context, Task } from '../shared/task.ts';
import type { Encoding } from '../shared/tokenizer/encoding.ts';

const flag = z.boolean('must be true or false');
const parameters = fields({
  return_full_text: optional(flag, true),
  details: optional(flag, false),
  decoder_input_details: optional(flag, false),
  truncate: whole(1),
  prefix: optional(z.string('must be a string'), null),
  ...generationFields,
  generate_parameters: optional(fields(generationFields), null),
});
const input = fields({
  inputs: texts,
  parameters: optional(parameters, parameters.parse({})),
  stream: optional(flag, false),
});
const generated = z.object({ generated_text: z.string(), details: z.optional(details) });
const output = z.union([z.array(generated), z.array(z.array(generated))]);
type Parameters = z.output<typeof parameters>;

/** TextGenerationPipeline._default_generation_config */
const DEFAULTS = { max_new_tokens: 256, do_sample: true, temperature: 0.7 };

export const textGeneration: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'text-generation',
  aliases: [],
  summary: 'A text, continued; at once or as a stream of tokens',
  input,
  output,
  example: { inputs: 'In this course, we will teach you how to', parameters: { max_new_tokens: 20 } },
  models: 'own',
  async run({ inputs, parameters }, model, context) {
    if (parameters.decoder_input_details && !parameters.details)
      throw new ServiceError('invalid_input', 'decoder_input_details needs parameters.details, where it is told');
    const list = typeof inputs === 'string' ? [inputs] : inputs;
    const prompts = list.map((text, i) =>
      toPrompt(text, typeof inputs === 'string' ? 'inputs' : `inputs[${i}]`, parameters, model, context),
    );
    const answers: z.output<typeof generated>[][] = [];
    for (const { text, ids, config } of prompts) {
      const known = parameters.decoder_input_details
        ? promptDetails(ids, await promptLogprobs({ ids, source: null }, config, model, context), model)
        : [];
      const continuations = await generate({ ids, source: null }, config, model, context);
      answers.push(
        continuations.map((each) => ({
          generated_text: toText(
            text,
            ids,
            each.tokens.map(({ id }) => id),
            parameters,
            model,
          ),
          ...(parameters.details && { details: continuationDetails(each, ids, known, model) }),
        })),
      );
    }
    return typeof inputs === 'string' ? (answers[0] ?? []) : answers;
  },
  stream({ inputs, parameters, stream }, model, context) {
    if (!stream) return undefined;
    if (typeof inputs !== 'string')
      throw new ServiceError('invalid_input', 'a stream takes one text: inputs must be a string');
    if (parameters.decoder_input_details)
      throw new ServiceError('invalid_input', 'a stream has no room for decoder_input_details; set stream to false');
    const prompt = toPrompt(inputs, 'inputs', parameters, model, context);
    const { config } = prompt;
    if (config.numBeams * config.numReturnSequences > 1) {
      throw new ServiceError('invalid_input', 'a stream follows one text; set num_beams and num_return_sequences to 1');
    }
    return events({ ...prompt, config: { ...config, logprobs: true } }, parameters, model, context);
  },
};

interface Prompt {
  readonly text: string;
  readonly ids: readonly number[];
  readonly config: GenerationConfig;
}

async function* events({ text, ids, config }: Prompt, parameters: Parameters, model: Model, context: Context) {
  const seed = config.doSample ? (config.seed ?? randomSeed()) : null;
  const random = seed === null ? null : createRandom(seed);
  const stream = streamAfter(ids, model);
  const fresh: number[] = [];
  for await (const token of continuation({ ids, source: null }, config, model, context, random)) {
    fresh.push(token.id);
    const { finish } = token;
    const told = stream.push(token.id) + (finish ? stream.end() : '');
    yield {
      index: fresh.length,
      token: toWireToken(token, told, model),
      generated_text: finish ? toText(text, ids, fresh, parameters, model) : null,
      details: finish ? { finish_reason: finish, generated_tokens: fresh.length, seed } : null,
    };
  }
}

/** The prompt's tokens within the model's context, and what is to be made of them. */
function toPrompt(text: string, name: string, parameters: Parameters, model: Model, context: Context): Prompt {
  const { manifest, tokenizer } = model;
  const { generation } = manifest;
  const own = generation?.tasks['text-generation'];
  const prefix = parameters.prefix ?? own?.prefix ?? generation?.prefix ?? '';
  const idsOf = (part: string) => tokenizer.encode(part).flatMap(({ ids }) => Array.from(ids));
  const kept = cut(tokenizer.encode(prefix + text), prefix.length, parameters.truncate);
  const ids = kept.length > 0 ? kept : startOf(name, model);
  if (ids.length >= manifest.maxLength) {
    const message = `${name} has ${ids.length} tokens; this model takes ${manifest.maxLength} with what it writes (set parameters.truncate to cut it)`;
    throw new ServiceError('invalid_input', message);
  }
  context.meter.count('tokens', ids.length);
  if (context.meter.counted('tokens') > context.limits.maxTokens) {
    const message = `the inputs have more than ${context.limits.maxTokens} tokens together; send fewer a request`;
    throw new ServiceError('too_large', message);
  }
  const lengths = { promptLength: ids.length, prefixLength: prefix === '' ? 0 : idsOf(prefix).length };
  const layers = [own?.defaults ?? {}, generation?.defaults ?? {}, DEFAULTS];
  const config = configOf([toGeneration(parameters), ...layers], lengths, model, context);
  return { text, ids, config: { ...config, logprobs: parameters.details } };
}

/** The ids of a prompt, and of what stands behind its first `prefix` characters the last `most` alone. */
function cut(encodings: readonly Encoding[], prefix: number, most: number | null): readonly number[] {
  const ids = encodings.flatMap((encoding) => Array.from(encoding.ids));
  if (most === null) return ids;
  const starts = encodings.flatMap(({ offsets }) => Array.from(offsets).filter((_, i) => i % 2 === 0));
  const first = starts.findIndex((start) => start >= prefix);
  const text = first < 0 ? ids.length : first;
  return [...ids.slice(0, text), ...ids.slice(text).slice(-most)];
}

/** An empty prompt begins with the token that begins texts. */
function startOf(name: string, { manifest }: Model): readonly number[] {
  const begin = manifest.generation?.bosId ?? null;
  if (begin !== null) return [begin];
  throw new ServiceError('invalid_input', `${name} has no tokens, and this model none to begin with; send a prompt`);
}

/** As the pipeline decodes: the whole, less what the prompt alone becomes, with spaces cleaned up. */
function toText(
  text: string,
  ids: readonly number[],
  fresh: readonly number[],
  { return_full_text }: Parameters,
  { decoder }: Model,
): string {
  const decode = (tokens: readonly number[]) =>
    decoder.decode(tokens, { skipSpecialTokens: true, cleanUpTokenizationSpaces: true });
  const written = decode([...ids, ...fresh]).slice(decode(ids).length);
  return return_full_text ? text + written : written;
}

export default serve(textGeneration);
