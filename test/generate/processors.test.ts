// Golden: each logits processor and warper alone, as the classes of transformers 4.57 change scores
// (model-assets/seeded-writing/processors.py).

import { expect, test } from 'vitest';
import {
  forcedBos,
  forcedEos,
  minimumLength,
  noBadWords,
  noRepeatNgram,
  normalize,
  type Processor,
  repetitionPenalty,
  suppress,
} from '../../shared/generate/processors.ts';
import { temperatureWarper, topKWarper, topPWarper, typicalWarper } from '../../shared/generate/warpers.ts';
import goldens from '../fixtures/seeded-writing/processors.json';

// biome-ignore lint/suspicious/noExplicitAny: each processor has options of its own
const MAKE: Readonly<Record<string, (options: any) => Processor>> = {
  RepetitionPenalty: (o) => repetitionPenalty(o.repetition_penalty),
  NoRepeatNGram: (o) => noRepeatNgram(o.no_repeat_ngram_size),
  NoBadWords: (o) => noBadWords(o.bad_words_ids, o.eos_token_id ?? []),
  SuppressTokens: (o) => suppress(o.suppress_tokens),
  MinLength: (o) => minimumLength(o.min_length, o.eos_token_id),
  MinNewTokensLength: (o) => minimumLength(o.prompt_length + o.min_new_tokens, o.eos_token_id),
  ForcedBOS: (o) => forcedBos(o.forced_bos_token_id),
  ForcedEOS: (o) => forcedEos(o.max_length, [o.forced_eos_token_id].flat()),
  Temperature: (o) => temperatureWarper(o.temperature),
  TopK: (o) => topKWarper(o.top_k),
  TopP: (o) => topPWarper(o.top_p),
  Typical: (o) => typicalWarper(o.typical_p),
  LogitNormalization: () => normalize,
};

test.each([...new Set(goldens.cases.map(({ processor }) => processor))])('%s', (wanted) => {
  const cases = goldens.cases.filter(({ processor }) => processor === wanted);
  for (const { options, ids, scores, expected } of cases) {
    const row = Float32Array.from(scores, (score) => score ?? Number.NEGATIVE_INFINITY);
    MAKE[wanted]?.(options)(row, ids);
    expected.forEach((value, id) => {
      const place = `${JSON.stringify(options)} after ${ids}, token ${id}`;
      if (value === null) expect(row[id], place).toBe(Number.NEGATIVE_INFINITY);
      else expect(row[id], place).toBeCloseTo(value, 4);
    });
  }
});

test('all of them are asked', () => {
  expect(new Set(goldens.cases.map(({ processor }) => processor))).toEqual(new Set(Object.keys(MAKE)));
});

test('a row of which all is forbidden stays so, where it is made probabilities again', () => {
  const row = new Float32Array(5).fill(Number.NEGATIVE_INFINITY);
  normalize(row);
  expect(row).toEqual(new Float32Array(5).fill(Number.NEGATIVE_INFINITY));
});
