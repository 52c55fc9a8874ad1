// The module's whole surface: a handful of calls, numbers in and out, no imports.

import {
  ENCODE_SPECIAL_TOKENS,
  ENCODE_STRATEGY_MASK,
  ENCODE_STRATEGY_SHIFT,
  ENCODE_TRUNCATE_LEFT,
  ENCODE_WORDS,
  ERROR_DAMAGED,
  ERROR_MEMORY,
  ERROR_SPECIAL_TOKENS,
  MAX_SEQUENCE,
  NO_NODE,
  PIECE_ABSENT,
  PIECE_OFFSET_MASK,
  STRATEGY_NONE,
  TEXT_PADDING,
} from '../format';
import { MODEL_BPE } from '../pipeline-format';
import { encodeGeneral, firstToken, lastToken, normalizeAddedTokens } from './general';
import { keepTaken, placeTables, reach, startWork, tablesStart, take, textStart } from './memory';
import { scan } from './scan';
import { bpePiece } from './models/bpe';
import { addedTrie, general, modelKind, openTables, pieceCount, pieces, trie } from './tables';
import { applyTemplate, specialTokens, templateLength } from './template';
import { encodeText } from './text';
import { closeTokens, outOfMemory, startTokens, TOKEN_BYTES, tokensEnd } from './tokens';
import { longestMatch, matchedEnd, matchedId } from './trie';
import { keepFirst, keepSecond, truncate } from './truncation';
import { startWordCache } from './word-cache';
import { startWords } from './words';

/** Four numbers beside the answer: where its block is, whether it was truncated, and two that explain an error. */
export const outcome: usize = memory.data(16, 16);

/** Where to put a compiled tokenizer of `length` bytes; 0 if there is not enough memory. */
export function place(length: u32): usize {
  return placeTables(length);
}

/** Reads the compiled tokenizer that was put there. 0, or an error code. */
export function open(length: u32): i32 {
  if (!openTables(tablesStart, length)) return ERROR_DAMAGED;
  if (!general) return 0;
  startWork(textStart);
  if (!normalizeAddedTokens() || !startWordCache()) return ERROR_MEMORY;
  keepTaken();
  return 0;
}

/** Number of ids. */
export function vocabularySize(): u32 {
  return pieceCount;
}

/** Where to put texts of together `length` bytes; 0 if there is not enough memory. What was put there before stays. */
export function room(length: u32): usize {
  return reach(<u64>textStart + length + 2 * (TEXT_PADDING + 16)) ? textStart : 0;
}

/**
 * Encodes the text of `firstLength` bytes and, if `secondLength` is not negative, the one that begins TEXT_PADDING bytes
 * after its end, rounded up to 16. `flags` are the ENCODE_ constants; with ENCODE_WORDS each text is a list of words, laid
 * out as format.ts says. The number of tokens, or an error code.
 */
export function encode(firstLength: u32, secondLength: i32, flags: u32, maxLength: u32): i32 {
  const pair = secondLength >= 0;
  const first = textStart;
  const second = (first + firstLength + TEXT_PADDING + 15) & ~15;
  startWork(pair ? second + secondLength + TEXT_PADDING : second);
  if (!general && !startWords((<u64>firstLength + max(secondLength, 0)) * MAX_SEQUENCE)) return ERROR_MEMORY;
  const words = (flags & ENCODE_WORDS) != 0;
  const firstTokens = words ? tokensOfWords(first) : tokensOf(first, firstLength);
  const firstCount = tokenCount;
  if (!firstTokens) return ERROR_MEMORY;
  if (!pair) return finish(false, flags, maxLength, firstTokens, firstCount, 0, 0);
  const secondTokens = words ? tokensOfWords(second) : tokensOf(second, secondLength);
  if (!secondTokens) return ERROR_MEMORY;
  return finish(true, flags, maxLength, firstTokens, firstCount, secondTokens, tokenCount);
}

let tokenCount: u32 = 0;

/** The first of the `tokenCount` tokens of a text, or 0 if there is not enough memory. */
function tokensOf(text: usize, length: u32): usize {
  if (general) {
    if (!encodeGeneral(text, length)) return 0;
    tokenCount = <u32>((lastToken - firstToken) / TOKEN_BYTES);
    return firstToken;
  }
  if (!scan(text, length)) return 0;
  startTokens();
  encodeText(text, length);
  const token = closeTokens();
  tokenCount = <u32>((tokensEnd - token) / TOKEN_BYTES);
  return outOfMemory ? 0 : token;
}

/** The same for a text that is given as words: each is a text of its own, and its tokens have its number as their word. */
function tokensOfWords(list: usize): usize {
  const count = load<u32>(list);
  const base = take(0);
  if (!base) return 0;
  let end = base;
  let word = (list + 4 * (<usize>count + 1) + 15) & ~15;
  for (let number: u32 = 0; number < count; number++) {
    const length = load<u32>(list + 4 * (<usize>number + 1));
    startWork(end);
    const token = tokensOf(word, length);
    if (!token) return 0;
    const size = <usize>tokenCount * TOKEN_BYTES;
    memory.copy(end, token, size);
    for (const stop = end + size; end < stop; end += TOKEN_BYTES) store<u32>(end, number, 12);
    word = (word + length + TEXT_PADDING + 15) & ~15;
  }
  startWork(end);
  tokenCount = <u32>((end - base) / TOKEN_BYTES);
  return base;
}

/** Truncates and applies the template. */
function finish(
  pair: bool,
  flags: u32,
  maxLength: u32,
  firstToken: usize,
  firstCount: u32,
  secondToken: usize,
  secondCount: u32,
): i32 {
  const withSpecial = (flags & ENCODE_SPECIAL_TOKENS) != 0;
  const strategy = (flags >>> ENCODE_STRATEGY_SHIFT) & ENCODE_STRATEGY_MASK;
  let truncated = false;
  if (strategy != STRATEGY_NONE) {
    const added = withSpecial ? specialTokens(pair) : 0;
    store<u32>(outcome, added, 8);
    if (added > maxLength) return ERROR_SPECIAL_TOKENS;
    const error = truncate(strategy, maxLength - added, pair, firstCount, secondCount);
    store<u32>(outcome, firstCount, 8);
    store<u32>(outcome, secondCount, 12);
    if (error) return error;
    truncated = keepFirst < firstCount || keepSecond < secondCount;
    if (flags & ENCODE_TRUNCATE_LEFT) {
      firstToken += (firstCount - keepFirst) * TOKEN_BYTES;
      secondToken += (secondCount - keepSecond) * TOKEN_BYTES;
    }
    firstCount = keepFirst;
    secondCount = keepSecond;
  }
  const total = templateLength(pair, withSpecial, firstCount, secondCount);
  if (total > <u64>i32.MAX_VALUE) return ERROR_MEMORY;
  const block = applyTemplate(
    pair,
    withSpecial,
    <u32>total,
    firstToken,
    firstToken + firstCount * TOKEN_BYTES,
    secondToken,
    secondToken + secondCount * TOKEN_BYTES,
  );
  if (!block) return ERROR_MEMORY;
  store<u32>(outcome, <u32>block);
  store<u32>(outcome, truncated ? 1 : 0, 4);
  return <i32>total;
}

/** The id of the piece of `length` bytes that was put where texts go, added tokens first; NO_NODE if there is none. */
export function find(length: u32): i32 {
  const end = textStart + length;
  longestMatch(addedTrie, 0, textStart, end);
  if (matchedEnd == end && length > 0) return matchedId;
  if (general && modelKind == MODEL_BPE) return length > 0 ? bpePiece(textStart, end) : NO_NODE;
  longestMatch(trie, 0, textStart, end);
  return matchedEnd == end && length > 0 ? matchedId : NO_NODE;
}

/** Where the text of an id is, its length in `outcome`; 0 if no piece has it. */
export function piece(id: u32): usize {
  if (id >= pieceCount) return 0;
  const entry = pieces + 4 * (<usize>id + 1);
  const offset = load<u32>(entry);
  if (offset & PIECE_ABSENT) return 0;
  store<u32>(outcome, (load<u32>(entry, 4) & PIECE_OFFSET_MASK) - offset);
  return pieces + 4 * (<usize>pieceCount + 2) + offset;
}
