// What tokenizer_config.json changes of tokenizer.json: as the classes of transformers 4.57 have it in their __init__.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { settle } from '../../model-assets/tokenizer-settings.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
  return () => rm(folder, { recursive: true });
});

const CASED = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: false,
  lowercase: false,
};
const BYTES = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const ROBERTA = {
  type: 'RobertaProcessing',
  sep: ['</s>', 2],
  cls: ['<s>', 0],
  trim_offsets: true,
  add_prefix_space: false,
};
const TOKENIZER = { normalizer: CASED, pre_tokenizer: BYTES, post_processor: ROBERTA, model: { type: 'WordPiece' } };

async function settled(config: object) {
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return settle(folder, TOKENIZER);
}

test('without the file, and where it says nothing, tokenizer.json counts', async () => {
  expect(await settle(folder, TOKENIZER)).toEqual(TOKENIZER);
  expect(await settled({ model_max_length: 512, add_prefix_space: null })).toEqual(TOKENIZER);
});

test.each([
  [{ do_lower_case: true }, { lowercase: true, strip_accents: null }],
  [{ do_lower_case: false }, { strip_accents: null }],
  [{ do_lower_case: false, strip_accents: true }, { strip_accents: true }],
  [
    { do_lower_case: false, tokenize_chinese_chars: false },
    { strip_accents: null, handle_chinese_chars: false },
  ],
  [{ strip_accents: false }, { lowercase: true }],
])('letters, accents and Chinese characters: %j', async (said, expected) => {
  expect((await settled(said)).normalizer).toEqual({ ...CASED, ...expected });
});

test('not those of another normalizer, nor for the class of no architecture', async () => {
  expect(await settled({ tokenizer_class: 'PreTrainedTokenizerFast', do_lower_case: true })).toEqual(TOKENIZER);
  const lowercase = { ...TOKENIZER, normalizer: { type: 'Lowercase' } };
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ do_lower_case: false }));
  expect(await settle(folder, lowercase)).toEqual(lowercase);
});

test('MPNet leaves Chinese characters as they are', async () => {
  const said = { tokenizer_class: 'MPNetTokenizer', do_lower_case: true, tokenize_chinese_chars: false };
  expect((await settled(said)).normalizer).toEqual({ ...CASED, lowercase: true, strip_accents: null });
});

test.each([
  ['RobertaTokenizer', { trim_offsets: false, add_prefix_space: true }],
  ['BartTokenizerFast', { trim_offsets: false, add_prefix_space: true }],
  ['GPT2Tokenizer', {}],
  ['PreTrainedTokenizerFast', {}],
])('what %s says of offsets is RoBERTa’s to say', async (tokenizer_class, expected) => {
  const said = await settled({ tokenizer_class, trim_offsets: false, add_prefix_space: true });
  expect(said.post_processor).toEqual({ ...ROBERTA, ...expected });
  expect(said.pre_tokenizer).toEqual({ ...BYTES, add_prefix_space: true });
});

test('a space before the first word', async () => {
  expect(await settled({ tokenizer_class: 'RobertaTokenizer', add_prefix_space: true })).toEqual({
    ...TOKENIZER,
    pre_tokenizer: { ...BYTES, add_prefix_space: true },
    post_processor: { ...ROBERTA, add_prefix_space: true },
  });
});
