// A compiled tokenizer that is cut or altered gives an error, or, where the checksum has been made right again, an answer that
// may be anything: never a trap, never a read outside. Unreadable memory would trap, so not trapping is what is tested.

import { describe, expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { xxh32 } from '../../model-assets/tokenizer/xxh32.ts';
import { ServiceError } from '../../shared/errors.ts';
import * as format from '../../shared/tokenizer/format.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import { bertTokenizerJson, CASED_STRIPPED, UNCASED } from './bert-tokenizer-json.ts';
import { generatedText, Random } from './generated-texts.ts';
import type {} from './provided.ts';

const vocabulary = inject('tokenizerVocabulary');
const compiled = compileTokenizer(bertTokenizerJson(vocabulary, UNCASED));
const unavailable = expect.objectContaining({ code: 'model_unavailable' });

function sections(file: Uint8Array): { tag: number; entry: number; offset: number; length: number }[] {
  const view = new DataView(file.buffer);
  return Array.from({ length: view.getUint32(format.HEADER_SECTIONS, true) }, (_, i) => {
    const entry = format.HEADER_BYTES + i * format.DIRECTORY_ENTRY_BYTES;
    const [tag = 0, offset = 0, length = 0] = [0, 4, 8].map((at) => view.getUint32(entry + at, true));
    return { tag, entry, offset, length };
  });
}

function withChecksum(file: Uint8Array): Uint8Array {
  const hash = xxh32(file.subarray(format.CHECKSUM_START), format.CHECKSUM_SEED);
  new DataView(file.buffer).setUint32(format.HEADER_CHECKSUM, hash, true);
  return file;
}

/** Opens and uses the file; only a ServiceError may come of it. True if it opened. */
function survives(file: Uint8Array): boolean {
  try {
    const tokenizer = openTokenizer(file);
    for (const number of [1, 2, 3, 21, 34]) tokenizer.encode([generatedText(number), generatedText(number + 1)]);
    tokenizer.encode('\u0344\u{1d165}\u0323 caf\u00e9 [MASK] unbelievable \ud55c\uae00 \u4e2d\u6587');
    for (let id = 0; id < 50; id++) tokenizer.idOf(tokenizer.tokenOf(id) ?? '');
    return true;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}

describe('a damaged file', () => {
  test('is refused when cut, at any length', () => {
    const { length } = compiled;
    const cuts = [
      ...Array(200).keys(),
      ...sections(compiled).flatMap(({ offset }) => [offset - 1, offset, offset + 1]),
    ];
    for (let cut = 200; cut < length; cut += 997) cuts.push(cut);
    for (const cut of [...cuts, length - 1]) expect(() => openTokenizer(compiled.slice(0, cut))).toThrow(unavailable);
  });

  test('is refused when it is longer than it says', () => {
    const longer = new Uint8Array(compiled.length + 16);
    longer.set(compiled);
    expect(() => openTokenizer(longer)).toThrow(unavailable);
  });

  test('is refused for one flipped bit, in any section', () => {
    const random = new Random(5);
    const places = [
      ...Array(16).keys(),
      ...sections(compiled).flatMap(({ offset, length }) => [offset, offset + length - 1]),
    ];
    for (let i = 0; i < 200; i++) places.push(random.below(compiled.length));
    for (const place of places) {
      const altered = compiled.slice();
      altered[place] = (altered[place] ?? 0) ^ (1 << random.below(8));
      expect(() => openTokenizer(altered)).toThrow(unavailable);
    }
  });

  test('is refused if a section is missing, or reaches out of the file', () => {
    for (const { entry, offset, length } of sections(compiled)) {
      for (const [at, value] of [
        [0, 0x21212121],
        [4, offset + 1],
        [4, 0xfffffff0],
        [8, compiled.length - offset + 1],
        [8, 0xffffffff],
        [8, length >>> 1],
        [8, 0],
      ] as const) {
        const altered = compiled.slice();
        new DataView(altered.buffer).setUint32(entry + at, value, true);
        expect(survives(withChecksum(altered)), `section at ${offset}, field ${at}, ${value}`).toBe(false);
      }
    }
  });

  test('that passes the checksum does no harm', { timeout: 120_000 }, () => {
    const files = [compiled, compileTokenizer(bertTokenizerJson(vocabulary, CASED_STRIPPED))];
    const random = new Random(6);
    let opened = 0;
    for (const file of files) {
      for (const { offset, length } of [...sections(file), { offset: 0, length: 256 }]) {
        for (let round = 0; round < 60; round++) {
          const altered = file.slice();
          for (let flips = 1 + random.below(4); flips > 0; flips--) {
            const place = offset + random.below(round < 30 ? Math.min(length, 64) : length);
            altered[place] = round & 1 ? random.below(256) : (altered[place] ?? 0) ^ (1 << random.below(8));
          }
          if (survives(withChecksum(altered))) opened++;
        }
      }
    }
    expect(opened).toBeGreaterThan(0);
  });
});

test('the checksum is XXH32', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  expect(xxh32(bytes(''), 0)).toBe(0x02cc5d05);
  expect(xxh32(bytes('Nobody inspects the spammish repetition'), 0)).toBe(0xe2293b2f);
});
