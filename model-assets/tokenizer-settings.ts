// What tokenizer_config.json says otherwise than tokenizer.json goes first: the classes of transformers 4.57 set the tokenizer up so when
// they open it. Source: __init__ of BertTokenizerFast and its kin, RobertaTokenizerFast and PreTrainedTokenizerFast.

import { join } from 'node:path';
import * as z from 'zod/mini';
import { readOptionalJson } from './json-file.ts';
import type { Json } from './tokenizer/json.ts';

const flag = z.optional(z.nullable(z.boolean()));
const settings = z.object({
  tokenizer_class: z.nullish(z.string()),
  do_lower_case: flag,
  strip_accents: flag,
  tokenize_chinese_chars: flag,
  add_prefix_space: flag,
  trim_offsets: flag,
});
type Settings = z.output<typeof settings>;

/** `tokenizer`: the parts of tokenizer.json. Where nothing is said of a part it stays, though the classes have defaults for that too. */
export async function settle(folder: string, tokenizer: Json): Promise<Json> {
  const said = await readOptionalJson(join(folder, 'tokenizer_config.json'), settings);
  const space = typeof said.add_prefix_space === 'boolean' ? { add_prefix_space: said.add_prefix_space } : {};
  const trim = typeof said.trim_offsets === 'boolean' ? { trim_offsets: said.trim_offsets } : {};
  // Those of RoBERTa's kind set up how offsets are trimmed too.
  const isOfRoberta = /^(Roberta|Bart|Longformer|LED)/.test(said.tokenizer_class ?? 'Roberta');
  const trimming = isOfRoberta ? { ...space, ...trim } : {};
  return {
    ...tokenizer,
    ...changed('normalizer', 'BertNormalizer', normalizing(said)),
    ...changed('pre_tokenizer', 'ByteLevel', space),
    ...changed('post_processor', 'RobertaProcessing', trimming),
    ...(said.tokenizer_class ? changed('post_processor', 'ByteLevel', trimming) : {}),
  };

  function changed(role: string, type: string, options: Json): Json {
    const part = tokenizer[role] as Json | null | undefined;
    return part?.type === type ? { [role]: { ...part, ...options } } : {};
  }
}

/** As BertTokenizerFast and its kin; the class of no architecture leaves the normalizer as it is. */
function normalizing(said: Settings): Json {
  const { do_lower_case, strip_accents, tokenize_chinese_chars } = said;
  const isSaid = [do_lower_case, strip_accents, tokenize_chinese_chars].some((each) => each !== undefined);
  if (!isSaid || said.tokenizer_class?.startsWith('PreTrainedTokenizer')) return {};
  return {
    lowercase: do_lower_case ?? true,
    // Null is as the case has it.
    strip_accents: strip_accents ?? null,
    // MPNetTokenizerFast leaves it as it is.
    ...(!said.tokenizer_class?.startsWith('MPNet') && { handle_chinese_chars: tokenize_chinese_chars ?? true }),
  };
}
