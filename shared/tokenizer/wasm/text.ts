// One text to tokens: added tokens are cut out of the raw text first, and what lies between is encoded word by word.
// Source of the order: Hugging Face tokenizers, AddedVocabulary::extract_and_normalize.

import { ADDED_TOKENS_FILTER_BYTES } from '../format';
import { encodeCharacters, unit } from './characters';
import { isPlain, lowered, mayHoldAddedTokens, nextSolid, scan, wordEnd } from './scan';
import { addedFilter } from './tables';
import { longestMatch, matchedEnd, matchedId } from './trie';
import { pushAddedToken, pushAsciiWord, startText } from './words';

let text: usize = 0;
/** How much further bytes are than UTF-16 units, here. */
let ahead: u32 = 0;

/** The tokens of the `length` bytes at `start`, which have been scanned. */
export function encodeText(start: usize, length: u32): void {
  startText();
  text = start;
  ahead = 0;
  let at: u32 = 0;
  if (mayHoldAddedTokens) {
    const end = start + length;
    for (let next: u32 = 0; next < length; next++) {
      if (!mayBegin(start + next)) continue;
      longestMatch(addedFilter + ADDED_TOKENS_FILTER_BYTES, 0, start + next, end);
      if (matchedEnd == start + next) continue;
      const id = matchedId;
      const after = <u32>(matchedEnd - start);
      encodeStretch(at, next);
      const from = next - ahead;
      ahead += surplus(start + next, start + after);
      pushAddedToken(id, from, after - ahead);
      at = after;
      next = after - 1;
    }
  }
  encodeStretch(at, length);
}

@inline
function mayBegin(at: usize): bool {
  const byte = <usize>load<u8>(at);
  return (load<u8>(addedFilter + (byte & 15)) & load<u8>(addedFilter + 16 + (byte >>> 4))) != 0;
}

/** How many more bytes than UTF-16 units [at, end) has: each continuing byte is one more, a pair of units one less. */
function surplus(at: usize, end: usize): u32 {
  let more: u32 = 0;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if ((byte & 0xc0) == 0x80) more++;
    else if (byte >= 0xf0) more--;
  }
  return more;
}

function encodeStretch(start: u32, end: u32): void {
  let at = start;
  while (true) {
    at = nextSolid(at, end);
    if (at >= end) return;
    const stop = wordEnd(at, end);
    if (isPlain(at) && (stop == end || isPlain(stop))) {
      const after = max(stop, at + 1); // not a letter or digit: punctuation, one by one
      pushAsciiWord(lowered + at, after - at, at - ahead);
      at = after;
    } else {
      const stopped = <u32>(encodeCharacters(text, text + at, at - ahead, text + end) - text);
      ahead = stopped - unit;
      at = stopped;
    }
  }
}
