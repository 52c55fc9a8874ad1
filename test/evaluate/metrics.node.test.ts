// The measures against the packages that publish them, or that they are known by (fixtures/metrics/generate.py).

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bleu, tokens13a } from '../../model-assets/evaluate/bleu.ts';
import { spearman } from '../../model-assets/evaluate/feature-extraction.ts';
import { choosePlaces } from '../../model-assets/evaluate/fill-mask.ts';
import { isHeldBackBook, isHeldBackPremise, normal } from '../../model-assets/evaluate/held-back.ts';
import { isExact, nearestF1 } from '../../model-assets/evaluate/question-answering.ts';
import { rougeL } from '../../model-assets/evaluate/rouge.ts';
import { bitsPerByte, windowsOf } from '../../model-assets/evaluate/text-generation.ts';
import { countEntities, entitiesOf } from '../../model-assets/evaluate/token-classification.ts';
import { heldBack } from '../../model-assets/evaluate/translation.ts';

interface Goldens {
  readonly tokens: readonly { readonly text: string; readonly tokens: readonly string[] }[];
  readonly bleu: readonly {
    readonly hypotheses: readonly string[];
    readonly references: readonly string[];
    readonly score: number;
  }[];
  readonly rouge: readonly {
    readonly text: string;
    readonly references: readonly string[];
    readonly rougeL: number;
  }[];
  readonly squad: readonly {
    readonly said: string;
    readonly answers: readonly string[];
    readonly f1: number;
    readonly exact: boolean;
  }[];
  readonly spearman: readonly {
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly correlation: number;
  }[];
  readonly spans: readonly {
    readonly words: readonly string[][];
    readonly tags: readonly string[][];
    readonly said: readonly string[][];
    readonly entities: readonly string[][];
    readonly f1: number;
  }[];
  readonly bits: readonly {
    readonly read: readonly { readonly text: string; readonly logprobs: readonly (number | null)[] }[];
    readonly bits: number;
  }[];
  readonly windows: readonly {
    readonly paragraphs: readonly (readonly [letter: string, length: number])[];
    /** Their SHA-256. */
    readonly windows: readonly string[];
  }[];
  /** Numbers of what is kept back, or the SHA-256 of it all. */
  readonly lines: {
    readonly premises: readonly number[];
    readonly books: readonly number[];
    readonly normal: readonly { readonly text: string; readonly normal: string }[];
    readonly pairs: { readonly count: number; readonly distinct: number; readonly kept: string };
    readonly places: {
      readonly texts: readonly (readonly [text: string, times: number])[];
      readonly pieces: readonly string[];
      readonly kept: string;
    };
  };
}

const path = join(import.meta.dirname, '..', 'fixtures', 'metrics', 'goldens.json');
const goldens: Goldens = JSON.parse(await readFile(path, 'utf8'));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test.each(goldens.tokens)('cuts $text as mteval-v13a', ({ text, tokens }) => {
  expect(tokens13a(text)).toEqual(tokens);
});

test.each(goldens.bleu)('gives $hypotheses sacreBLEU $score', ({ hypotheses, references, score }) => {
  expect(bleu(hypotheses, references)).toBeCloseTo(score, 9);
});

test.each(goldens.rouge)('gives $text ROUGE-L $rougeL', ({ text, references, rougeL: score }) => {
  expect(rougeL(text, references)).toBeCloseTo(score, 12);
});

test.each(goldens.squad)('gives $said beside $answers F1 $f1 and exact $exact', ({ said, answers, f1, exact }) => {
  const texts = answers.map((text) => ({ text }));
  expect(nearestF1(said, texts)).toBeCloseTo(f1, 12);
  expect(isExact(said, texts)).toBe(exact);
});

test.each(goldens.spearman)("gives Spearman's $correlation", ({ a, b, correlation }) => {
  expect(spearman(a, b)).toBeCloseTo(correlation, 12);
});

test.each(goldens.spans)('finds the entities of tags, and F1 $f1', ({ words, tags, said, entities, f1 }) => {
  const found = (all: typeof tags) => all.map((each, i) => entitiesOf({ words: words[i] ?? [], tags: each }));
  expect(found(tags)).toEqual(entities);
  expect(countEntities(found(tags), found(said)).f1).toBeCloseTo(f1, 12);
});

test.each(goldens.bits)('gives $bits bits a byte', ({ read, bits }) => {
  expect(bitsPerByte(read)).toBeCloseTo(bits, 9);
});

test.each(goldens.windows)('cuts a book as its recipe', ({ paragraphs, windows }) => {
  const text = paragraphs.map(([letter, length]) => letter.repeat(length)).join('\n\n');
  expect(windowsOf(text).map(sha256)).toEqual(windows);
});

test('draws the lines of recipes: which premises and books, which pairs, which places, and which texts are the same', () => {
  const { premises, books, normal: same, pairs, places } = goldens.lines;
  const numbers = Array.from({ length: 1000 }, (_, i) => i);
  expect(numbers.filter((i) => isHeldBackPremise(`premise ${i}`))).toEqual(premises);
  expect(numbers.filter((i) => isHeldBackBook(`book ${i}`))).toEqual(books);
  expect(same.map(({ text }) => ({ text, normal: normal(text) }))).toEqual(same);
  const rows = Array.from({ length: pairs.count }, (_, i) => ({ fr: `fr ${i}`, en: `en ${i % pairs.distinct}` }));
  const kept = heldBack(rows).map(({ fr, en }) => `${fr}\t${en}`);
  expect(sha256(kept.join('\n'))).toBe(pairs.kept);
  const texts = places.texts.map(([text, times]) => ({ text: Array(times).fill(text).join(' ') }));
  const chosen = choosePlaces(texts, places.pieces, '[MASK]').map(({ text, word }) => `${text}\t${word}`);
  expect(sha256(chosen.join('\n'))).toBe(places.kept);
});

test('refuses references that are not one for each', () => {
  expect(() => bleu(['a'], [])).toThrow('1 hypotheses have 0 references');
});
