// What the compiler takes, and what it refuses by name.

import { expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import { bertTokenizer, UNCASED } from './bert-tokenizer-json.ts';
import type {} from './provided.ts';

const base = bertTokenizer(inject('tokenizerVocabulary'), UNCASED);
const split = (pattern: object) => ({ type: 'Split', pattern, behavior: 'Isolated', invert: false });
const compile = (changes: object): Uint8Array => compileTokenizer(JSON.stringify({ ...base, ...changes }));
const tokens = (changes: object, text: string): (string | undefined)[] => {
  const tokenizer = openTokenizer(compile(changes));
  return Array.from(tokenizer.encode(text)[0]?.ids ?? [], (id) => tokenizer.tokenOf(id));
};

test('the same text gives the same bytes', () => {
  expect(compile({})).toEqual(compile({}));
});

test('padding and truncation in the file are left to the call', () => {
  const blocks = {
    padding: { strategy: 'BatchLongest' },
    truncation: { max_length: 2, strategy: 'LongestFirst', stride: 0 },
  };
  expect(compile(blocks)).toEqual(compile({}));
});

test.each([
  [{ normalizer: { type: 'Reversed' } }, 'normalizer "Reversed"'],
  [{ normalizer: { ...base.normalizer, nmt: true } }, 'BertNormalizer: option "nmt"'],
  [{ pre_tokenizer: { type: 'Delimiter' } }, 'pre_tokenizer "Delimiter"'],
  [{ pre_tokenizer: { type: 'Metaspace', replacement: '_', prepend_scheme: 'last' } }, 'prepend_scheme "last"'],
  [{ pre_tokenizer: split({ Regex: '(?<=a)b' }) }, 'regular expression "(?<=a)b": "(?<" is not supported'],
  [{ pre_tokenizer: split({ Regex: 'a*?' }) }, 'regular expression "a*?": a lazy repeat'],
  [{ pre_tokenizer: split({ Regex: 'a*' }) }, 'regular expression "a*": it matches nothing at all'],
  [{ post_processor: { type: 'PairProcessing' } }, 'post_processor "PairProcessing"'],
  [{ model: { ...base.model, type: 'CharBPE' } }, 'model "CharBPE"'],
  [{ model: { ...base.model, dropout: 0.1 } }, 'WordPiece: option "dropout"'],
  [{ model: { ...base.model, unk_token: '<unk>' } }, 'WordPiece.unk_token "<unk>"'],
  [{ model: { ...base.model, max_input_chars_per_word: -1 } }, 'WordPiece.max_input_chars_per_word'],
  [{ added_tokens: [{ ...base.added_tokens[0], content: '<new>', id: 3 }] }, 'added token "<new>" has id 3'],
  [{ extra: 1 }, 'option "extra"'],
  [
    { normalizer: { type: 'Sequence', normalizers: Array(65).fill({ type: 'Prepend', prepend: '▁' }) } },
    'normalizer has 65 steps; at most 64 are run',
  ],
])('%#: refused by name', (changes, message) => {
  expect(() => compile(changes)).toThrow(message);
});

test('an added token that is not in the vocabulary has an id behind it, and is found before normalization', () => {
  const id = Object.keys(base.model.vocab).length;
  const added = { ...base.added_tokens[0], content: '<NEW>', id };
  const tokenizer = openTokenizer(compile({ added_tokens: [...base.added_tokens, added] }));
  expect(tokenizer.idOf('<NEW>')).toBe(id);
  expect(tokenizer.tokenOf(id)).toBe('<NEW>');
  expect(tokenizer.vocabularySize).toBe(id + 1);
  const ids = (text: string): number[] => Array.from(tokenizer.encode(text)[0]?.ids ?? []);
  expect(ids('a<NEW>b')).toContain(id);
  expect(ids('a<new>b')).not.toContain(id);
});

test('a template may repeat texts and name several special tokens at once', () => {
  const special = (id: string, type_id = 0) => ({ SpecialToken: { id, type_id } });
  const text = { Sequence: { id: 'A', type_id: 3 } };
  const template = {
    type: 'TemplateProcessing',
    single: [special('both'), text, special('[SEP]', 1), text],
    pair: [text, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: {
      both: { id: 'both', ids: [base.model.vocab['[CLS]'], base.model.vocab['[SEP]']], tokens: ['[CLS]', '[SEP]'] },
      '[SEP]': { id: '[SEP]', ids: [base.model.vocab['[SEP]']], tokens: ['[SEP]'] },
    },
  };
  expect(tokens({ post_processor: template }, 'the')).toEqual(['[CLS]', '[SEP]', 'the', '[SEP]', 'the']);
});

test('without a post-processor nothing is added', () => {
  expect(tokens({ post_processor: null }, 'the')).toEqual(['the']);
});
