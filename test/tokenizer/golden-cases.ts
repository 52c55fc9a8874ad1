// Runs a tokenizer over the generated texts and compares with the goldens; `partner` and the options are those of generate.py.

import { ServiceError } from '../../shared/errors.ts';
import type { EncodeOptions, TextInput, Tokenizer } from '../../shared/tokenizer/tokenizer.ts';
import { digest, numbersOf, unpack } from './answers.ts';
import { COUNT, generatedText } from './generated-texts.ts';

const STRATEGIES = ['longest_first', 'only_first', 'only_second'] as const;

const partner = (number: number): number => (number * 7 + 3) % COUNT;

function goldenCase(number: number, pairs: boolean): [TextInput, EncodeOptions] {
  const first = generatedText(number);
  if (!pairs) return [first, {}];
  const strategy = STRATEGIES[number % 3] ?? 'longest_first';
  const direction = number & 16 ? 'left' : 'right';
  const options = {
    addSpecialTokens: number % 5 > 0,
    truncation: { strategy, direction, maxLength: 3 + (number % 61) },
  } as const;
  return [number % 4 ? [first, generatedText(partner(number))] : first, options];
}

/** The numbers of the texts whose answer is not the golden one; an error counts as 0. Goldens are of every `step`th text. */
export function mismatches(tokenizer: Tokenizer, golden: string, pairs: boolean, step = 1): number[] {
  const expected = unpack(golden);
  const wrong: number[] = [];
  for (let number = 0; number < COUNT; number += step) {
    const [input, options] = goldenCase(number, pairs);
    if (answerDigest(tokenizer, input, options) !== expected[number / step]) wrong.push(number);
  }
  return wrong;
}

function answerDigest(tokenizer: Tokenizer, input: TextInput, options: EncodeOptions): number {
  try {
    const [encoding] = tokenizer.encode(input, options);
    return encoding === undefined ? -1 : digest(numbersOf(encoding));
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'invalid_input') return 0;
    throw error;
  }
}
