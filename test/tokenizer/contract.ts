// What every tokenizer must do, whatever its model: one suite, run for each by tokenizer.test.ts.

import { describe, expect, test } from 'vitest';
import type { WasmExports } from '../../shared/tokenizer/instance.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import { type Encoding, openInstance, type Tokenizer } from '../../shared/tokenizer/tokenizer.ts';
import module from '../../shared/tokenizer/tokenizer.wasm';
import { numbersOf } from './answers.ts';
import { generatedText } from './generated-texts.ts';

export interface Contender {
  readonly name: string;
  readonly compiled: Uint8Array;
  /** Goes the general way, in which tokens may share a character or stand for none. */
  readonly general?: boolean;
  /** Most memory while encoding, in bytes a byte of text: 40, or more where the text itself grows on its way. */
  readonly memory?: number;
}

/** What does not grow with the text: the word cache, tables of the code, and pages that were begun. */
const FIXED_MEMORY = 512 << 10;

const SAMPLE = Array.from({ length: 200 }, (_, i) => i * 3 + 1);

export function describeTokenizer({ name, compiled, general = false, memory = 40 }: Contender): void {
  const tokenizer = openTokenizer(compiled);
  const one = (...input: Parameters<Tokenizer['encode']>): Encoding => {
    const encodings = tokenizer.encode(...input);
    expect(encodings).toHaveLength(1);
    return encodings[0] as Encoding;
  };

  describe(name, () => {
    test('arrays are as long as they should be', () => {
      for (const number of SAMPLE) {
        const e = one(generatedText(number));
        const n = e.ids.length;
        expect(e.offsets).toHaveLength(2 * n);
        for (const array of [e.typeIds, e.attentionMask, e.specialTokensMask, e.wordIds, e.sequenceIds]) {
          expect(array).toHaveLength(n);
        }
        expect(e.attentionMask.every((bit) => bit === 1)).toBe(true);
        expect(e.truncated).toBe(false);
      }
    });

    test('what came before changes nothing', () => {
      // Three rounds, so that words come again, and meet others that stand where they stood.
      for (const round of [0, 1, 2]) {
        for (const number of SAMPLE.slice(0, 60)) {
          const text = generatedText(number + round);
          expect(numbersOf(one(text)), text).toEqual(numbersOf(openTokenizer(compiled).encode(text)[0] as Encoding));
        }
      }
    });

    test('offsets rise, lie in the text, and cut no surrogate pair', () => {
      for (const number of SAMPLE) {
        const text = generatedText(number);
        const { offsets } = one(text, { addSpecialTokens: false });
        let previous = 0;
        for (let i = 0; i < offsets.length; i += 2) {
          const [start = -1, end = -1] = offsets.subarray(i, i + 2);
          if (!general) expect(start).toBeGreaterThanOrEqual(previous);
          expect(end).toBeGreaterThanOrEqual(general ? start : start + 1);
          expect(end).toBeLessThanOrEqual(text.length);
          for (const at of [start, end]) expect(isInsidePair(text, at)).toBe(false);
          previous = start;
        }
      }
    });

    test('a call leaves nothing behind', () => {
      const fresh = (number: number): Uint32Array =>
        numbersOf(openTokenizer(compiled).encode(generatedText(number))[0] as Encoding);
      for (const number of SAMPLE.slice(0, 20)) {
        const before = numbersOf(one(generatedText(number)));
        one([generatedText(7), generatedText(number + 1)]);
        expect(numbersOf(one(generatedText(number)))).toEqual(before);
        expect(fresh(number)).toEqual(before);
      }
    });

    test('an encoding keeps its numbers when others are made', () => {
      const kept = one('one two three');
      const before = [...numbersOf(kept)];
      one(generatedText(7));
      expect([...numbersOf(kept)]).toEqual(before);
    });

    test('a lone surrogate counts as U+FFFD', () => {
      for (const text of ['a\ud800b', '\udfff', 'x \ud83d y', '\ude00\ud83d']) {
        expect(numbersOf(one(text))).toEqual(numbersOf(one(text.toWellFormed())));
      }
    });

    test('a pair is its texts, each with its own offsets and words', () => {
      const [first, second] = [generatedText(11), generatedText(13)];
      const pair = one([first, second]);
      for (const [sequence, text] of [first, second].entries()) {
        const alone = one(text, { addSpecialTokens: false });
        const of = (array: ArrayLike<number>): number[] =>
          Array.from(array).filter((_, i) => pair.sequenceIds[i] === sequence);
        expect(of(pair.ids)).toEqual([...alone.ids]);
        expect(of(pair.wordIds)).toEqual([...alone.wordIds]);
      }
    });

    test('truncation keeps one end and says so', () => {
      const text = generatedText(7);
      const whole = one(text, { addSpecialTokens: false });
      const cut = (direction: 'left' | 'right'): Encoding =>
        one(text, { addSpecialTokens: false, truncation: { strategy: 'longest_first', maxLength: 10, direction } });
      expect([...cut('right').ids]).toEqual([...whole.ids.slice(0, 10)]);
      expect([...cut('left').ids]).toEqual([...whole.ids.slice(-10)]);
      expect([...cut('left').offsets]).toEqual([...whole.offsets.slice(-20)]);
      expect(cut('left').truncated).toBe(true);
    });

    test('truncation that cannot be done is an error with its numbers', () => {
      const pair = ['one two three four', 'five six'] as const;
      const to = (strategy: 'only_first' | 'only_second' | 'longest_first', maxLength: number) => () =>
        tokenizer.encode(pair, { addSpecialTokens: false, truncation: { strategy, maxLength } });
      const [first, second] = pair.map((text) => one(text, { addSpecialTokens: false }).ids.length);
      const invalid = expect.objectContaining({ code: 'invalid_input' });
      expect(to('only_second', 1)).toThrow(invalid);
      expect(to('only_second', 1)).toThrow(`${first} and ${second} tokens`);
      expect(to('only_first', 1)).toThrow(invalid);
      expect(to('longest_first', -1)).toThrow(invalid);
      expect(to('longest_first', Number.NaN)).toThrow(invalid);
      expect(() => tokenizer.encode('one two', { truncation: { strategy: 'only_second', maxLength: 3 } })).toThrow(
        'no second text',
      );
      expect(to('longest_first', 0)()[0]?.ids).toHaveLength(0);
    });

    test('ids and tokens name each other', () => {
      for (let id = 0; id < tokenizer.vocabularySize; id += 7) {
        const token = tokenizer.tokenOf(id);
        if (token !== undefined && token !== '') expect(tokenizer.idOf(token)).toBe(id);
      }
      for (const id of [-1, 0.5, Number.NaN, tokenizer.vocabularySize, 2 ** 32])
        expect(tokenizer.tokenOf(id)).toBeUndefined();
      for (const token of ['', 'no such token, surely', general ? '' : '\0'])
        expect(tokenizer.idOf(token)).toBeUndefined();
    });

    test('a megabyte of text, of one word, of spaces and of marks, in the memory that is allowed', () => {
      const million = 1 << 20;
      expect(one('the quick brown fox. '.repeat(million / 21)).ids.length).toBeGreaterThan(million / 8);
      for (const text of ['the quick brown fox. ', 'a', ' ', '\u0301', '\u{1d165}', '\u4e2d', '[']) {
        // In one instance, whose memory tells afterwards what was needed.
        const fresh = openInstance(new WebAssembly.Instance(module).exports as unknown as WasmExports, compiled);
        const whole = text.repeat(million / text.length);
        fresh.encode(whole);
        const bytes = new TextEncoder().encode(whole).length;
        expect(fresh.bytes, text).toBeLessThan(compiled.length + FIXED_MEMORY + memory * bytes);
      }
    });

    test('a long text leaves no memory behind, and changes nothing', () => {
      const fresh = openTokenizer(compiled);
      const before = numbersOf(fresh.encode(generatedText(7))[0] as Encoding);
      const { bytes } = fresh;
      for (let round = 0; round < 2; round++) {
        const [long] = fresh.encode('the quick brown fox. '.repeat(50_000));
        expect(long?.ids.length).toBeGreaterThan(150_000);
        expect(fresh.bytes).toBeLessThan(bytes + (1 << 20));
        expect(numbersOf(fresh.encode(generatedText(7))[0] as Encoding)).toEqual(before);
        expect(fresh.idOf(fresh.tokenOf(5) ?? '')).toBe(tokenizer.idOf(tokenizer.tokenOf(5) ?? ''));
      }
      const impossible = { truncation: { strategy: 'only_second', maxLength: 3 } } as const;
      expect(() => fresh.encode('the quick brown fox. '.repeat(50_000), impossible)).toThrow();
      expect(fresh.bytes).toBeLessThan(bytes + (1 << 20));
    });
  });
}

const isInsidePair = (text: string, at: number): boolean =>
  at > 0 && /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
