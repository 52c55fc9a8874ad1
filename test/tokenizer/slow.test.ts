// CTRL's and Transformer-XL's tokenizers, which have no fast twin: the ids that the slow ones of transformers 4.57 give, but for the texts of
// which the conversion cannot say all (fixtures/tokenizer/generate_slow.py).

import { expect, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import fixtures from '../fixtures/tokenizer/slow.json' with { type: 'json' };
import { digest } from './answers.ts';
import { generatedText } from './generated-texts.ts';

/** Code points, as Python counts. */
const LONGEST = 400;

test.each(Object.entries(fixtures.cases))('%s', (_, { tokenizer: json, lost, goldens }) => {
  const tokenizer = openTokenizer(compileTokenizer(JSON.stringify(json)));
  const differing = fixtures.numbers.filter((number, i) => {
    const text = Array.from(generatedText(number).toWellFormed()).slice(0, LONGEST).join('').replaceAll('\0', '');
    const [encoding] = tokenizer.encode(text);
    return !encoding || digest(Uint32Array.from(encoding.ids)) !== goldens[i];
  });
  expect(differing).toEqual(lost);
  expect(lost.length).toBeLessThan(fixtures.numbers.length / 4);
});
