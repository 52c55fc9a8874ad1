// The contract suite over a small tokenizer of every model and component, and what Hugging Face tokenizers answers for each: ids,
// offsets, word, type and sequence ids, special tokens mask. A wrong number is explained by `generate_pipelines.py --case`.

import { describe, expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import longWords from '../fixtures/tokenizer/long-words.json' with { type: 'json' };
import fixtures from '../fixtures/tokenizer/pipelines/goldens.json' with { type: 'json' };
import { digest, numbersOf } from './answers.ts';
import { describeTokenizer } from './contract.ts';
import { longWord } from './generated-texts.ts';
import { mismatches } from './golden-cases.ts';
import type {} from './provided.ts';

const goldens: Record<string, string> = fixtures.goldens;
const longGoldens: Record<string, number[]> = longWords.goldens;

/** Where a space becomes the three bytes of ▁ and goes to the model as they are; where 中 becomes two characters. */
const MEMORY: Readonly<Record<string, number>> = { llama: 57, 'bpe-nfkd': 61, unigram: 52 };

/** Those whose kind of model is `chosen`: test files share them, for each takes seconds. */
export function describePipelines(chosen: (kind: string) => boolean): void {
  for (const [name, json] of Object.entries(inject('tokenizerPipelines'))) {
    if (chosen(JSON.parse(json).model.type)) describePipeline(name, json);
  }
}

function describePipeline(name: string, json: string): void {
  const compiled = compileTokenizer(json);
  describeTokenizer({ name, compiled, general: true, memory: MEMORY[name] ?? 40 });
  describe(`${name} answers as the reference`, () => {
    const tokenizer = openTokenizer(compiled);
    test('texts', { timeout: 60_000 }, () => {
      expect(mismatches(tokenizer, goldens[name] ?? '', false, fixtures.step)).toEqual([]);
    });
    test('truncated pairs', { timeout: 60_000 }, () => {
      expect(mismatches(tokenizer, goldens[`${name}-pairs`] ?? '', true, fixtures.step)).toEqual([]);
    });
    test('words of thousands of characters', () => {
      for (const [number, golden] of longGoldens[name]?.entries() ?? []) {
        const [encoding] = tokenizer.encode(longWord(number));
        expect(encoding && digest(numbersOf(encoding)), `long word ${number}`).toBe(golden);
      }
      expect(longGoldens[name]).toBeDefined();
    });
  });
}
