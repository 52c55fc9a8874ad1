// A processor of this project alone: words that begin with a capital come out of the source as they stand there, or not at all. A small
// model that shortens texts else makes up names. Switched on by `capitals_from_source` in a checkpoint's generation_config.json.
//
// A word is a run of letters, marks and digits; the first of a sentence is no exception. What it does not see: a letter that is written
// byte by byte, before it is whole.

import type { Model } from '../model/open-model.ts';
import type { Processor } from './processors.ts';

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const LAST_WORD = /[\p{L}\p{M}\p{N}]+$/u;
const CAPITALIZED = /^\p{Lu}/u;

/** `pieces`: the text of each token as it stands after another; empty for those that have none, which end a word. */
export function capitalsFrom(source: string, pieces: readonly string[]): Processor {
  const words = new Set(source.match(WORD)?.filter((word) => CAPITALIZED.test(word)));
  const sorted = [...words].sort();
  /** A word at the very end may go on. */
  const fits = (text: string) =>
    [...text.matchAll(WORD)].every(
      ({ 0: word, index }) =>
        !CAPITALIZED.test(word) || (index + word.length === text.length ? begins(word, sorted) : words.has(word)),
    );
  const known = new Map<string, readonly number[]>();
  const forbiddenAfter = (begun: string) => {
    const ids = pieces.flatMap((piece, id) => (fits(begun + (piece || ' ')) ? [] : [id]));
    // Where no token would be left, a letter came in bytes: it is there, and the text goes on.
    return ids.length < pieces.length ? ids : [];
  };
  return (scores, ids) => {
    const begun = lastWord(ids, pieces);
    // Within words without a capital it is the same everywhere.
    const key = begun === '' || CAPITALIZED.test(begun) ? begun : 'a';
    const forbidden = known.get(key) ?? forbiddenAfter(key);
    known.set(key, forbidden);
    for (const id of forbidden) scores[id] = Number.NEGATIVE_INFINITY;
  };
}

/** Whether one of the words, in the order of their UTF-16 units, begins so. Those that do stand together, and nothing so small is before them. */
function begins(beginning: string, sorted: readonly string[]): boolean {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < beginning) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.startsWith(beginning) ?? false;
}

/** The word that the tokens break off in; empty where they end with something else. */
function lastWord(ids: readonly number[], pieces: readonly string[]): string {
  let text = '';
  for (let i = ids.length - 1; i >= 0; i--) {
    text = (pieces[ids[i] ?? -1] || ' ') + text;
    const [word = ''] = LAST_WORD.exec(text) ?? [];
    if (word.length < text.length) return word;
  }
  return text;
}

const read = new WeakMap<Model, readonly string[]>();

/** The texts that `capitalsFrom` wants, read once a model. */
export function piecesOf(model: Model): readonly string[] {
  const pieces = read.get(model) ?? readPieces(model);
  read.set(model, pieces);
  return pieces;
}

/** A token's text hangs on whether another stands before it: it is what the second of two adds to the first. */
function readPieces({ tokenizer, decoder }: Model): readonly string[] {
  const options = { skipSpecialTokens: true, cleanUpTokenizationSpaces: false };
  return Array.from({ length: tokenizer.vocabularySize }, (_, id) =>
    decoder.decode([id, id], options).slice(decoder.decode([id], options).length),
  );
}
