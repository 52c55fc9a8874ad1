// WordPiece: the longest piece first, then the longest continuation, and one unknown token for the whole word if that fails.
// Source: Hugging Face tokenizers, WordPiece::tokenize. Cost is linear in the word: at most maxCharsPerWord characters.

import { NO_NODE } from '../../format';
import { continuation, maxCharsPerWord, trie, unknownId } from '../tables';
import { dropTokens, pushToken, reserveTokens, tokensEnd } from '../tokens';
import { longestMatch, matchedEnd, matchedId } from '../trie';

/** Appends the tokens of the piece [start, start + bytes), offsets in its bytes. */
@inline
export function wordpiece(start: usize, bytes: u32, chars: u32): void {
  if (chars > maxCharsPerWord) {
    if (reserveTokens(1)) pushToken(unknownId, 0, bytes);
    return;
  }
  if (!reserveTokens(bytes)) return;
  const first = tokensEnd;
  const end = start + bytes;
  let at = start;
  let node = 0;
  while (at < end) {
    if (node != NO_NODE) longestMatch(trie, node, at, end);
    if (node == NO_NODE || matchedEnd == at) {
      dropTokens(first);
      pushToken(unknownId, 0, bytes);
      return;
    }
    pushToken(matchedId, <u32>(at - start), <u32>(matchedEnd - start));
    at = matchedEnd;
    node = continuation;
  }
}
