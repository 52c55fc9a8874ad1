// Reads how a checkpoint writes: generation_config.json, or what older ones say in config.json. A value that is the library's own
// default says nothing, and a pipeline's default goes before it, as in transformers 4.57.

import { join } from 'node:path';
import * as z from 'zod/mini';
import { generationFields } from '../shared/generate/parameters.ts';
import type { Manifest } from '../shared/model/manifest.ts';
import { checkJson, readJson, readOptionalJson } from './json-file.ts';

type Generation = Omit<NonNullable<Manifest['generation']>, 'positions'>;

/** GenerationConfig() of transformers 4.57. */
const LIBRARY_DEFAULTS: Readonly<Record<string, unknown>> = {
  max_length: 20,
  min_length: 0,
  do_sample: false,
  early_stopping: false,
  num_beams: 1,
  temperature: 1,
  top_k: 50,
  top_p: 1,
  typical_p: 1,
  repetition_penalty: 1,
  length_penalty: 1,
  no_repeat_ngram_size: 0,
  num_return_sequences: 1,
};
/** What changes a text and is not offered, with the values that change nothing. */
const NOT_OFFERED: Readonly<Record<string, readonly unknown[]>> = {
  begin_suppress_tokens: [],
  diversity_penalty: [0],
  encoder_no_repeat_ngram_size: [0],
  encoder_repetition_penalty: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
  exponential_decay_length_penalty: [],
  forced_decoder_ids: [],
  guidance_scale: [1],
  min_p: [0],
  num_beam_groups: [1],
  penalty_alpha: [0],
  sequence_bias: [],
};
/** Tokens that name a language: en_XX of mBART, eng_Latn of NLLB. */
const LANGUAGE = /^[a-z]{2,3}_[A-Z][A-Za-z]{1,3}$/;

const id = z.nullish(z.int());
const ids = z.object({
  bos_token_id: id,
  eos_token_id: z.nullish(z.union([z.int(), z.array(z.int())], 'expected int or a list of them')),
  decoder_start_token_id: id,
});
const configJson = z.looseObject({
  prefix: z.nullish(z.string()),
  task_specific_params: z.nullish(z.record(z.string(), z.looseObject({ prefix: z.nullish(z.string()) }))),
});
const tokenizerJson = z.object({
  added_tokens: z.array(z.object({ id: z.int(), content: z.string(), special: z.boolean() })),
});
/** As Marian's checkpoints on the Hub have them. */
const tokenizerConfig = z.object({ source_lang: z.nullish(z.string()), target_lang: z.nullish(z.string()) });
/** What is longer is a group of languages (roa), or as many as there are (mul). */
const LANGUAGE_OF_PAIR = /^[a-z]{2}$/;
const parameters = z.object(generationFields);

export async function readGeneration(folder: string): Promise<Generation> {
  const config = await readJson(join(folder, 'config.json'), configJson);
  const own = await readOptionalJson(join(folder, 'generation_config.json'), z.looseObject({}));
  // A checkpoint without the file is older than it.
  const source = Object.keys(own).length > 0 ? own : config;
  for (const [key, neutral] of Object.entries(NOT_OFFERED)) {
    const value = source[key];
    if (value === undefined || value === null || value === false || neutral.includes(value)) continue;
    throw new Error(
      `${folder}: ${key} is ${JSON.stringify(value)}, which is not offered; take it out if the texts may differ`,
    );
  }
  const known = checkJson(
    folder,
    { ...pick(config, Object.keys(ids.shape)), ...pick(own, Object.keys(ids.shape)) },
    ids,
  );
  const eos = known.eos_token_id ?? [];
  return {
    defaults: toDefaults(folder, source),
    prefix: config.prefix ?? '',
    tasks: Object.fromEntries(
      Object.entries(config.task_specific_params ?? {}).map(([task, params]) => [
        task,
        { prefix: params.prefix ?? config.prefix ?? '', defaults: toDefaults(folder, params) },
      ]),
    ),
    bosId: known.bos_token_id ?? null,
    eosIds: typeof eos === 'number' ? [eos] : eos,
    decoderStartId: known.decoder_start_token_id ?? null,
    renormalize: source.renormalize_logits === true,
    capitalsFromSource: source.capitals_from_source === true,
    languages: await readLanguages(folder),
    pair: await readPair(folder),
  };
}

/** Those that are parameters, and say something. Throws where one has a value that no request could have. */
function toDefaults(folder: string, source: Readonly<Record<string, unknown>>): Generation['defaults'] {
  const said = pick(source, Object.keys(generationFields));
  const parsed = Object.entries(checkJson(folder, said, parameters));
  return Object.fromEntries(
    parsed.filter(([key, value]) => value !== null && value !== LIBRARY_DEFAULTS[key]),
  ) as Generation['defaults'];
}

async function readLanguages(folder: string): Promise<Generation['languages']> {
  const { added_tokens: added } = await readJson(join(folder, 'tokenizer.json'), tokenizerJson);
  return Object.fromEntries(
    added.filter(({ content }) => LANGUAGE.test(content)).map(({ content, id }) => [content, id]),
  );
}

async function readPair(folder: string): Promise<Generation['pair']> {
  const said = await readOptionalJson(join(folder, 'tokenizer_config.json'), tokenizerConfig);
  const { source_lang: source, target_lang: target } = said;
  return source && target && [source, target].every((each) => LANGUAGE_OF_PAIR.test(each)) ? { source, target } : null;
}

function pick(source: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(source).filter(([key, value]) => keys.includes(key) && value !== null));
}
