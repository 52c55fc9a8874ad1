// Every normalizer, pre-tokenizer and post-processor with each of its options, by itself before the model of a small pipeline, and what
// Hugging Face tokenizers answers (fixtures/tokenizer/generate_components.py).

import { expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import fixtures from '../fixtures/tokenizer/components.json' with { type: 'json' };
import { digest, numbersOf } from './answers.ts';
import { COUNT, generatedText } from './generated-texts.ts';
import type {} from './provided.ts';

const partner = (number: number): number => (number * 7 + 3) % COUNT;
const cases = fixtures.cases.map((each) => [`${each.role} ${JSON.stringify(each.component)}`, each] as const);

test.each(cases)('%s', (_, { role, component, pipeline, goldens }) => {
  const source = JSON.parse(inject('tokenizerPipelines')[pipeline] ?? '');
  const tokenizer = openTokenizer(compileTokenizer(JSON.stringify({ ...source, [role]: component })));
  const wrong = fixtures.numbers.filter((number, i) => {
    const text = generatedText(number);
    const [encoding] = tokenizer.encode(number % 2 ? [text, generatedText(partner(number))] : text);
    return !encoding || digest(numbersOf(encoding)) !== goldens[i];
  });
  expect(wrong).toEqual([]);
});
