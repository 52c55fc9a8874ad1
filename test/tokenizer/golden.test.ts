// Ten thousand generated texts, alone and as truncated pairs, against what Hugging Face tokenizers answers: ids, offsets, word,
// type and sequence ids, special tokens mask. A wrong number is explained by `generate.py --case <name> <number>`.

import { describe, expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import fixtures from '../fixtures/tokenizer/goldens.json' with { type: 'json' };
import { bertTokenizerJson, CASED, CASED_STRIPPED, LOWER_ACCENTS_UNCLEAN, UNCASED } from './bert-tokenizer-json.ts';
import { mismatches } from './golden-cases.ts';
import type {} from './provided.ts';

const vocabulary = inject('tokenizerVocabulary');
const real = inject('sharedTokenizers')?.uncasedJson;
const goldens: Record<string, string> = fixtures.goldens;

describe.each([
  ['uncased', bertTokenizerJson(vocabulary, UNCASED)],
  ['cased', bertTokenizerJson(vocabulary, CASED)],
  ['cased-stripped', bertTokenizerJson(vocabulary, CASED_STRIPPED)],
  ['lower-accents-unclean', bertTokenizerJson(vocabulary, LOWER_ACCENTS_UNCLEAN)],
  ['bert-base-uncased', real],
])('%s answers as the reference', (name, json) => {
  const tokenizer = json === undefined ? undefined : openTokenizer(compileTokenizer(json));

  test.skipIf(tokenizer === undefined)('texts', { timeout: 60_000 }, () => {
    expect(tokenizer && mismatches(tokenizer, goldens[name] ?? '', false)).toEqual([]);
  });

  test.skipIf(tokenizer === undefined)('truncated pairs', { timeout: 60_000 }, () => {
    expect(tokenizer && mismatches(tokenizer, goldens[`${name}-pairs`] ?? '', true)).toEqual([]);
  });
});
