// The contract suite over every tokenizer that there is, and the SIMD path against its scalar twin.

import { describe, expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import { bertTokenizerJson, CASED, UNCASED } from './bert-tokenizer-json.ts';
import { describeTokenizer } from './contract.ts';
import { Random } from './generated-texts.ts';
import type {} from './provided.ts';
import { ScalarBert } from './scalar-bert.ts';

const vocabulary = inject('tokenizerVocabulary');
const uncased = compileTokenizer(bertTokenizerJson(vocabulary, UNCASED));
const cased = compileTokenizer(bertTokenizerJson(vocabulary, CASED));

for (const contender of [
  { name: 'wordpiece uncased', compiled: uncased },
  { name: 'wordpiece cased', compiled: cased },
]) {
  describeTokenizer(contender);
}

describe('SIMD equals scalar', () => {
  const ids = new Map(vocabulary.split('\n').map((piece, id) => [piece, id]));
  test.each([
    ['uncased', uncased, true],
    ['cased', cased, false],
  ] as const)('%s', (_, compiled, lowercase) => {
    const tokenizer = openTokenizer(compiled);
    const twin = new ScalarBert(ids, lowercase);
    const random = new Random(1);
    for (let round = 0; round < 4000; round++) {
      // Words, spaces and points fall on every place of a vector; '[' would begin an added token.
      const text = Array.from({ length: random.below(200) }, () => {
        const roll = random.below(12);
        const code = roll < 8 ? 97 + random.below(26) : roll < 10 ? 32 : random.below(128);
        return code === 0x5b ? '(' : String.fromCharCode(code);
      }).join('');
      const [encoding] = tokenizer.encode(text);
      const expected = twin.encode(text);
      expect(Array.from(encoding?.ids ?? [])).toEqual(expected.ids);
      expect(Array.from(encoding?.offsets ?? [])).toEqual(expected.offsets);
      expect(Array.from(encoding?.wordIds ?? [])).toEqual(expected.wordIds);
    }
  });
});
