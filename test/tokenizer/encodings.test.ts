// Golden: windows, padding and decoding, as Hugging Face tokenizers 0.22 does them (fixtures/encodings/generate.py).

import { describe, expect, inject, test } from 'vitest';
import { readDecoder } from '../../model-assets/tokenizer/decoder-json.ts';
import { DecodeStream } from '../../shared/tokenizer/decode-stream.ts';
import { Decoder } from '../../shared/tokenizer/decoder.ts';
import type { Encoding } from '../../shared/tokenizer/encoding.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import { pad } from '../../shared/tokenizer/padding.ts';
import { encodeWords } from '../../shared/tokenizer/pre-split.ts';
import type { Tokenizer } from '../../shared/tokenizer/tokenizer.ts';
import { slide } from '../../shared/tokenizer/windows.ts';
import goldens from '../fixtures/encodings/goldens.json';
import type {} from '../provided.ts';

const { manifest, blobs } = inject('tinyBert');
const tokenizer = openTokenizer(Uint8Array.from(atob(blobs[manifest.tokenizer.sha256] ?? ''), (c) => c.charCodeAt(0)));

function encode(text: string, pair: string | null): Encoding {
  const [encoding] = tokenizer.encode(pair === null ? text : [text, pair]);
  if (!encoding) throw new Error('nothing was encoded');
  return encoding;
}

const toArrays = (arrays: Encoding) => ({
  ids: Array.from(arrays.ids),
  typeIds: Array.from(arrays.typeIds),
  attentionMask: Array.from(arrays.attentionMask),
  specialTokensMask: Array.from(arrays.specialTokensMask),
  offsets: Array.from(arrays.offsets),
  wordIds: Array.from(arrays.wordIds),
  sequenceIds: Array.from(arrays.sequenceIds),
});

describe('windows', () => {
  test('as return_overflowing_tokens gives them', () => {
    for (const { text, pair, maxLength, stride, windows } of goldens.windows) {
      const found = slide(encode(text, pair), pair === null ? 0 : 1, { maxLength, stride });
      expect(found.map(toArrays)).toEqual(windows);
    }
    expect(goldens.windows.filter(({ windows }) => windows.length > 2).length).toBeGreaterThan(30);
  });

  test('a window that would not get ahead is refused with the numbers', () => {
    const whole = encode('a '.repeat(50), null);
    expect(() => slide(whole, 0, { maxLength: 10, stride: 8 })).toThrow(
      'a window of 10 tokens has room for 8 of the text; the stride is 8 and must be less',
    );
    expect(() => slide(encode('a '.repeat(50), 'b '.repeat(50)), 1, { maxLength: 20, stride: 0 })).toThrow(
      'room for 0',
    );
  });
});

test('padding', () => {
  for (const { texts, options, expected } of goldens.padding) {
    const padded = pad(
      texts.map((text) => encode(text, null)),
      {
        side: options.direction === 'left' ? 'left' : 'right',
        padId: options.pad_id,
        padTypeId: options.pad_type_id,
        ...(options.length !== null && { length: options.length }),
        ...(options.pad_to_multiple_of !== null && { multipleOf: options.pad_to_multiple_of }),
      },
    );
    expect(padded.map(toArrays)).toEqual(expected);
  }
});

test('input that is split into words', () => {
  for (const { words, addSpecialTokens, expected } of goldens.words) {
    expect(toArrays(encodeWords(tokenizer, words, addSpecialTokens)), JSON.stringify(words)).toEqual(expected);
  }
});

/** A decoder over pieces whose ids are their places in the list. */
function decoderOf(pieces: readonly string[], json: unknown, cleanUpTokenizationSpaces = false): Decoder {
  const vocabulary: Pick<Tokenizer, 'tokenOf'> = { tokenOf: (id) => pieces[id] };
  const settings = { steps: readDecoder(json), specialIds: [0], cleanUpTokenizationSpaces };
  return new Decoder(vocabulary as Tokenizer, settings);
}

describe('decoding', () => {
  test.each([...new Set(goldens.decoding.map(({ name }) => name))])('%s', (wanted) => {
    for (const { decoder, pieces, expected } of goldens.decoding.filter(({ name }) => name === wanted)) {
      expect(decoderOf([], decoder).join(pieces), JSON.stringify(pieces)).toBe(expected);
    }
  });

  test('clean_up_tokenization_spaces', () => {
    for (const { text, expected } of goldens.cleanUp) {
      const decoder = decoderOf([text], { type: 'Fuse' }, true);
      expect(decoder.decode([0]), JSON.stringify(text)).toBe(expected);
      expect(decoder.decode([0], { cleanUpTokenizationSpaces: false })).toBe(text);
    }
  });

  test('without a decoder pieces are joined with spaces; special tokens and unknown ids can go', () => {
    const decoder = decoderOf(['[CLS]', 'a', 'b'], null);
    expect(decoder.decode([0, 1, 99, 2])).toBe('[CLS] a b');
    expect(decoder.decode([0, 1, 2], { skipSpecialTokens: true })).toBe('a b');
  });
});

describe('streaming', () => {
  const decoders = goldens.decoding.filter(({ name }) => name !== 'Strip' && !name.includes('regex'));

  test('all that comes is the whole text, and no character is cut', () => {
    for (const { decoder, pieces, expected } of decoders) {
      const stream = new DecodeStream(decoderOf(pieces, decoder));
      const parts = pieces.map((_, id) => stream.push(id));
      expect(parts.join('') + stream.end(), JSON.stringify(pieces)).toBe(expected);
      for (const part of parts) expect(part.isWellFormed()).toBe(true);
    }
  });

  test('a character of several tokens comes with the last of them', () => {
    const stream = new DecodeStream(decoderOf(['Ġhi', 'ĠðŁ', 'Ļ', 'Ĥ', '!'], { type: 'ByteLevel' }));
    expect([0, 1, 2, 3, 4].map((id) => stream.push(id))).toEqual([' hi', '', '', ' 🙂', '!']);
    expect(stream.end()).toBe('');
  });

  test('one that never becomes whole is U+FFFD at the end', () => {
    const stream = new DecodeStream(decoderOf(['a', 'ðŁ'], { type: 'ByteLevel' }));
    expect([stream.push(0), stream.push(1), stream.end()]).toEqual(['a', '', '\ufffd']);
  });
});
