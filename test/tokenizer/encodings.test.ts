// Golden: windows, padding and decoding, as Hugging Face tokenizers 0.22 does them (fixtures/encodings/generate.py).

import { describe, expect, inject, test } from 'vitest';
import { readDecoder } from '../../model-assets/tokenizer/decoder-json.ts';
import { ServiceError } from '../../shared/errors.ts';
import { DecodeStream } from '../../shared/tokenizer/decode-stream.ts';
import { Decoder } from '../../shared/tokenizer/decoder.ts';
import type { Encoding } from '../../shared/tokenizer/encoding.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import { pad } from '../../shared/tokenizer/padding.ts';
import type { Tokenizer, Truncation } from '../../shared/tokenizer/tokenizer.ts';
import goldens from '../fixtures/encodings/goldens.json';
import type {} from '../provided.ts';

function open(): Tokenizer {
  const { manifest, blobs } = inject('tinyBert');
  const compiled = Uint8Array.from(atob(blobs[manifest.tokenizer.sha256] ?? ''), (c) => c.charCodeAt(0));
  return openTokenizer(compiled);
}

const tokenizer = open();

function encode(text: string): Encoding {
  const [encoding] = tokenizer.encode(text);
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
  const inputOf = (text: string, pair: string | null) => (pair === null ? text : ([text, pair] as const));

  test('as return_overflowing_tokens gives them, for every strategy and from both ends', () => {
    const kept = goldens.windows.filter(({ windows }) => windows !== null);
    for (const { text, pair, options, windows } of kept) {
      const found = tokenizer.encode(inputOf(text, pair), { truncation: options as Truncation });
      expect(found.map(toArrays), JSON.stringify({ text, pair, options })).toEqual(windows);
    }
    expect(kept.filter(({ windows }) => windows && windows.length > 4).length).toBeGreaterThan(15);
  });

  test('what the reference refuses is refused', () => {
    const refused = goldens.windows.filter(({ windows }) => windows === null);
    for (const { text, pair, options } of refused) {
      expect(() => tokenizer.encode(inputOf(text, pair), { truncation: options as Truncation })).toThrow(ServiceError);
    }
    expect(refused.length).toBeGreaterThan(10);
  });

  test('a window that would not get ahead is refused with the numbers', () => {
    const truncation = { strategy: 'only_first', maxLength: 10, stride: 8 } as const;
    expect(() => tokenizer.encode('a '.repeat(50), { truncation })).toThrow(
      'a window of 10 tokens has room for 8 of the text; the stride is 8 and must be less',
    );
    expect(() =>
      tokenizer.encode(['a '.repeat(50), 'b '.repeat(50)], { truncation: { ...truncation, strategy: 'only_second' } }),
    ).toThrow('a window of 10 tokens has no room for the text that is cut');
  });
});

test('padding', () => {
  for (const { texts, options, expected } of goldens.padding) {
    const padded = pad(texts.map(encode), {
      side: options.direction === 'left' ? 'left' : 'right',
      padId: options.pad_id,
      padTypeId: options.pad_type_id,
      ...(options.length !== null && { length: options.length }),
      ...(options.pad_to_multiple_of !== null && { multipleOf: options.pad_to_multiple_of }),
    });
    expect(padded.map(toArrays)).toEqual(expected);
  }
});

test('input that is split into words', () => {
  for (const { words, addSpecialTokens, truncation, expected } of goldens.words) {
    const [first = [], second] = words;
    const input = second ? { words: first, pair: second } : { words: first };
    const options = { addSpecialTokens, ...(truncation && { truncation: truncation as Truncation }) };
    expect(tokenizer.encode(input, options).map(toArrays), JSON.stringify(words)).toEqual([expected]);
  }
});

test('many long words, more than memory had room for', () => {
  const fresh = open();
  const words = Array.from({ length: 5000 }, (_, i) => 'unbelievable '.repeat(i % 40));
  const [encoding] = fresh.encode({ words });
  const single = words.map((word) => fresh.encode(word, { addSpecialTokens: false })[0]?.ids.length ?? 0);
  expect(encoding?.ids.length).toBe(2 + single.reduce((sum, count) => sum + count, 0));
  expect(encoding?.wordIds.at(-2)).toBe(4999);
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

  test('bytes that never become a character do not wait for ever', () => {
    const stream = new DecodeStream(decoderOf(['Ł'], { type: 'ByteLevel' }));
    const parts = Array.from({ length: 1000 }, () => stream.push(0));
    expect(parts.slice(0, 100).join('').length).toBeGreaterThan(50);
    expect(parts.join('') + stream.end()).toBe('\ufffd'.repeat(1000));
  });

  test('special tokens are left out where that is asked, and nothing is cleaned up', () => {
    const decoder = decoderOf(
      ['</s>', '▁a', '▁.'],
      { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      true,
    );
    const stream = new DecodeStream(decoder, { skipSpecialTokens: true });
    expect([1, 0, 2, 0].map((id) => stream.push(id)).join('') + stream.end()).toBe('a .');
  });
});
