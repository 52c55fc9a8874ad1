// Reads what tasks must know of a tokenizer's pieces: which is the mask, which stands for the unknown, what marks the rest of a
// word, and how they become text again; and how long its model lets a sequence be.

import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Manifest } from '../shared/model/manifest.ts';
import { checkJson, readOptionalJson } from './json-file.ts';
import { readDecoder } from './tokenizer/decoder-json.ts';

const tokenizerJson = z.object({
  added_tokens: z.array(z.object({ id: z.int(), content: z.string(), special: z.boolean() })),
  decoder: z.unknown(),
  truncation: z.nullish(z.object({ direction: z.nullish(z.string()) })),
  model: z.object({
    continuing_subword_prefix: z.nullish(z.string()),
    unk_token: z.nullish(z.string()),
    unk_id: z.nullish(z.int()),
    vocab: z.unknown(),
  }),
});
const token = z.union([z.string(), z.object({ content: z.string() })], 'expected string or an object with its content');
const tokenizerConfig = z.object({
  mask_token: z.nullish(token),
  pad_token: z.nullish(token),
  cls_token: z.nullish(token),
  unk_token: z.nullish(token),
  model_max_length: z.nullish(z.number()),
  truncation_side: z.nullish(z.enum(['left', 'right'])),
  clean_up_tokenization_spaces: z.nullish(z.boolean()),
});

export interface Pieces {
  readonly pieces: Manifest['pieces'];
  readonly decoding: Manifest['decoding'];
  /** Infinite where the files do not say. */
  readonly maxLength: number;
  /** Whether what is too long is cut on the left. */
  readonly cutsLeft: boolean;
}

/** `tokenizer`: what tokenizer.json says. Where neither tokenizer_config.json nor special_tokens_map.json says, the mask is what the added tokens name [MASK] or <mask>, and so on. */
export async function readPieces(folder: string, tokenizer: unknown): Promise<Pieces> {
  const path = join(folder, 'tokenizer.json');
  const { added_tokens: added, model, decoder, truncation } = checkJson(path, tokenizer, tokenizerJson);
  const config = {
    ...(await readOptionalJson(join(folder, 'special_tokens_map.json'), tokenizerConfig)),
    ...(await readOptionalJson(join(folder, 'tokenizer_config.json'), tokenizerConfig)),
  };
  const idOf = (content: string | undefined) => added.find((each) => each.content === content)?.id ?? null;
  const unknown = textOf(config.unk_token) ?? model.unk_token ?? undefined;
  const mask = textOf(config.mask_token) ?? added.find(({ content }) => /^(\[MASK\]|<mask>)$/.test(content))?.content;
  const padding = textOf(config.pad_token) ?? added.find(({ content }) => /^(\[PAD\]|<pad>)$/.test(content))?.content;
  const first = textOf(config.cls_token) ?? added.find(({ content }) => /^(\[CLS\]|<s>)$/.test(content))?.content;
  return {
    pieces: {
      continuingSubwordPrefix: model.continuing_subword_prefix || null,
      unknownId: idOf(unknown) ?? model.unk_id ?? null,
      maskId: idOf(mask),
      padId: idOf(padding),
      clsId: idOf(first),
    },
    decoding: {
      steps: readDecoder(decoder),
      specialIds: added.filter(({ special }) => special).map(({ id }) => id),
      cleanUpTokenizationSpaces: config.clean_up_tokenization_spaces ?? false,
    },
    maxLength:
      config.model_max_length && config.model_max_length > 0 ? config.model_max_length : Number.POSITIVE_INFINITY,
    cutsLeft: (config.truncation_side ?? truncation?.direction?.toLowerCase()) === 'left',
  };
}

const textOf = (value: z.output<typeof token> | null | undefined) =>
  typeof value === 'object' ? value?.content : value;
