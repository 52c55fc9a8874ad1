// Words on their way to the model, and the way back of their tokens' offsets to UTF-16 units of the caller's string.
// A word of plain ASCII is a stretch of the text and its offsets need one addition. Any other is built character by
// character: its bytes go to `bytes`, the place that each came from to `origins`, a (start, end) pair for every byte, of
// which the start is written for the first byte of a character and the end for the last.

import { take } from './memory';
import { wordpiece } from './models/wordpiece';
import { maxCharsPerWord } from './tables';
import { pushToken, reserveTokens, TOKEN_BYTES, tokensEnd } from './tokens';

const MAX_UTF8: u64 = 4;
const ORIGIN_BYTES: u64 = 8;

let word: u32 = 0;
let bytes: usize = 0;
let origins: usize = 0;
let used: u32 = 0;
let chars: u32 = 0;
let end: u32 = 0;
let start: u32 = 0;

/** Takes room for the longest word that the model looks into, given that a text has at most `most` characters. */
export function startWords(most: u64): bool {
  const capacity = min<u64>(<u64>maxCharsPerWord, most) * MAX_UTF8;
  bytes = take(capacity);
  origins = take(capacity * ORIGIN_BYTES);
  return bytes != 0 && origins != 0;
}

/** Begins a text: words count from 0 again. */
export function startText(): void {
  word = 0;
  clear();
}

/** A word that stands in the text as it is, `chars` bytes of ASCII, at UTF-16 unit `unit`. */
@inline
export function pushAsciiWord(at: usize, length: u32, unit: u32): void {
  let token = tokensEnd;
  wordpiece(at, length, length);
  for (; token < tokensEnd; token += TOKEN_BYTES) {
    store<u32>(token, load<u32>(token, 4) + unit, 4);
    store<u32>(token, load<u32>(token, 8) + unit, 8);
    store<u32>(token, word, 12);
  }
  word++;
}

/** An added token is a word too. */
export function pushAddedToken(id: u32, from: u32, to: u32): void {
  if (!reserveTokens(1)) return;
  pushToken(id, from, to);
  store<u32>(tokensEnd - TOKEN_BYTES, word++, 12);
}

@inline
export function isWordEmpty(): bool {
  return chars == 0;
}

/** Adds a character that came from the UTF-16 units [from, to). Beyond what the model looks into, it is only counted. */
export function pushChar(codePoint: u32, from: u32, to: u32): void {
  if (chars == 0) start = from;
  end = to;
  if (++chars > maxCharsPerWord) return;
  const at = bytes + used;
  const origin = origins + (<usize>used << 3);
  let length: u32 = 1;
  if (codePoint < 0x80) {
    store<u8>(at, <u8>codePoint);
  } else if (codePoint < 0x800) {
    store<u8>(at, <u8>(0xc0 | (codePoint >>> 6)));
    length = 2;
  } else if (codePoint < 0x10000) {
    store<u8>(at, <u8>(0xe0 | (codePoint >>> 12)));
    store<u8>(at, <u8>(0x80 | ((codePoint >>> 6) & 0x3f)), 1);
    length = 3;
  } else {
    store<u8>(at, <u8>(0xf0 | (codePoint >>> 18)));
    store<u8>(at, <u8>(0x80 | ((codePoint >>> 12) & 0x3f)), 1);
    store<u8>(at, <u8>(0x80 | ((codePoint >>> 6) & 0x3f)), 2);
    length = 4;
  }
  if (length > 1) store<u8>(at + length - 1, <u8>(0x80 | (codePoint & 0x3f)));
  store<u32>(origin, from);
  store<u32>(origin + ((length - 1) << 3), to, 4);
  used += length;
}

/** Ends the word that is being built, if there is one. */
export function endWord(): void {
  if (chars == 0) return;
  let token = tokensEnd;
  wordpiece(bytes, used, chars);
  const cut = chars > maxCharsPerWord;
  for (; token < tokensEnd; token += TOKEN_BYTES) {
    const from = load<u32>(token, 4);
    const to = load<u32>(token, 8);
    store<u32>(token, cut ? start : load<u32>(origins + (<usize>from << 3)), 4);
    store<u32>(token, cut ? end : load<u32>(origins + (<usize>(to - 1) << 3), 4), 8);
    store<u32>(token, word, 12);
  }
  word++;
  clear();
}

function clear(): void {
  used = 0;
  chars = 0;
}
