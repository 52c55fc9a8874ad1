// The contract suite over a small tokenizer of every model and component, and what Hugging Face tokenizers answers for each: ids,
// offsets, word, type and sequence ids, special tokens mask. A wrong number is explained by `generate_pipelines.py --case`.

import { describe, expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import fixtures from '../fixtures/tokenizer/pipelines/goldens.json' with { type: 'json' };
import { describeTokenizer } from './contract.ts';
import { mismatches } from './golden-cases.ts';
import type {} from './provided.ts';

const goldens: Record<string, string> = fixtures.goldens;

for (const [name, json] of Object.entries(inject('tokenizerPipelines'))) {
  const compiled = compileTokenizer(json);
  describeTokenizer({ name, compiled, general: true });
  describe(`${name} answers as the reference`, () => {
    const tokenizer = openTokenizer(compiled);
    test('texts', { timeout: 60_000 }, () => {
      expect(mismatches(tokenizer, goldens[name] ?? '', false, fixtures.step)).toEqual([]);
    });
    test('truncated pairs', { timeout: 60_000 }, () => {
      expect(mismatches(tokenizer, goldens[`${name}-pairs`] ?? '', true, fixtures.step)).toEqual([]);
    });
  });
}
