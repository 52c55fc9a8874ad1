// A text that the caller has split into words: `is_split_into_words` of transformers, `is_pretokenized` of tokenizers.
//
// The reference normalizes and splits each word by itself and then goes on as if they were one text. So words are encoded one by
// one here, and what the template puts around a text is read off the encoding of any text.

import type { Encoding } from './encoding.ts';
import type { Tokenizer } from './tokenizer.ts';

type Values = Uint32Array | Int32Array | Uint8Array | Int8Array;

/**
 * The tokens of all words. `wordIds` are the places of the caller's words; `offsets` count from the start of the word that a token
 * belongs to, as the reference's do.
 */
export function encodeWords(tokenizer: Tokenizer, words: readonly string[], addSpecialTokens = true): Encoding {
  const parts = words.map((word) => only(tokenizer.encode(word, { addSpecialTokens: false })));
  const model = only(tokenizer.encode('a', { addSpecialTokens }));
  const start = model.sequenceIds.indexOf(0);
  const end = model.sequenceIds.lastIndexOf(0) + 1;
  const typeId = model.typeIds[start] ?? 0;
  const join = <T extends Values>(
    valuesOf: (encoding: Encoding) => T,
    width = 1,
    value?: (word: number) => number,
  ): T => {
    const around = valuesOf(model);
    const inner = parts.map((part, word) => (value ? valuesOf(part).slice().fill(value(word)) : valuesOf(part)));
    const pieces = [around.subarray(0, start * width), ...inner, around.subarray(end * width)];
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const result = new (around.constructor as new (size: number) => T)(length);
    let at = 0;
    for (const piece of pieces) {
      result.set(piece, at);
      at += piece.length;
    }
    return result;
  };
  return {
    ids: join(({ ids }) => ids),
    typeIds: join(
      ({ typeIds }) => typeIds,
      1,
      () => typeId,
    ),
    attentionMask: join(({ attentionMask }) => attentionMask),
    specialTokensMask: join(({ specialTokensMask }) => specialTokensMask),
    offsets: join(({ offsets }) => offsets, 2),
    wordIds: join(
      ({ wordIds }) => wordIds,
      1,
      (word) => word,
    ),
    sequenceIds: join(({ sequenceIds }) => sequenceIds),
    truncated: false,
  };
}

function only([encoding]: readonly Encoding[]): Encoding {
  if (!encoding) throw new Error('the tokenizer gave no encoding');
  return encoding;
}
