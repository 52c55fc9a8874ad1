// Reads how a checkpoint of sentence-transformers makes embeddings. What the isolate would not do is refused here.

import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Manifest } from '../shared/model/manifest.ts';
import { readOptionalJson } from './json-file.ts';

const MODULES = ['Transformer', 'Pooling', 'Normalize'];
const modules = z.array(z.object({ path: z.string(), type: z.string() }));
const pooling = z.looseObject({
  pooling_mode_cls_token: z.optional(z.boolean()),
  pooling_mode_mean_tokens: z.optional(z.boolean()),
  pooling_mode_lasttoken: z.optional(z.boolean()),
  include_prompt: z.optional(z.boolean()),
});
const settings = z.object({
  prompts: z.optional(z.record(z.string(), z.string())),
  default_prompt_name: z.nullish(z.string()),
});
const transformer = z.object({ max_seq_length: z.nullish(z.int()) });

export interface Embedding {
  readonly embedding: Manifest['embedding'];
  /** Infinite where the files do not say. */
  readonly maxLength: number;
}

/** `embedding` is null where the folder is no checkpoint of sentence-transformers. */
export async function readEmbedding(folder: string): Promise<Embedding> {
  const { max_seq_length: length } = await readOptionalJson(join(folder, 'sentence_bert_config.json'), transformer);
  const maxLength = length ?? Number.POSITIVE_INFINITY;
  const listed = await readOptionalJson(join(folder, 'modules.json'), modules, []);
  if (listed.length === 0) return { embedding: null, maxLength };
  const kinds = listed.map(({ type }) => type.split('.').at(-1) ?? '');
  const unknown = kinds.find((kind) => !MODULES.includes(kind));
  if (unknown !== undefined)
    throw new Error(`${folder}/modules.json: no module ${unknown}; known are ${MODULES.join(', ')}`);
  const path = listed[kinds.indexOf('Pooling')]?.path ?? '1_Pooling';
  const { prompts = {}, default_prompt_name: name } = await readOptionalJson(
    join(folder, 'config_sentence_transformers.json'),
    settings,
  );
  return {
    embedding: {
      pooling: await readPooling(join(folder, path, 'config.json')),
      normalize: kinds.includes('Normalize'),
      prompts,
      defaultPrompt: name ?? null,
    },
    maxLength,
  };
}

async function readPooling(path: string): Promise<'mean' | 'cls' | 'last'> {
  const config = await readOptionalJson(path, pooling);
  const modes = Object.keys(config).filter((key) => key.startsWith('pooling_mode_') && config[key] === true);
  if (config.include_prompt === false) throw new Error(`${path}: prompts are pooled here; include_prompt must be true`);
  const [mode = 'pooling_mode_mean_tokens'] = modes;
  if (modes.length <= 1) {
    if (mode === 'pooling_mode_mean_tokens') return 'mean';
    if (mode === 'pooling_mode_cls_token') return 'cls';
    if (mode === 'pooling_mode_lasttoken') return 'last';
  }
  throw new Error(`${path}: cannot pool by ${modes.join(' and ')}; known are mean, cls and last token, one of them`);
}
