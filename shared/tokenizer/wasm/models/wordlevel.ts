// WordLevel: a word is a piece or unknown. Source: Hugging Face tokenizers, WordLevel::tokenize.

import { NO_ID } from '../../pipeline-format';
import { pushToken, reserveTokens } from '../tokens';
import { exactMatch } from '../trie';

export function wordLevel(trie: usize, unknown: u32, start: usize, end: usize): void {
  if (!reserveTokens(1)) return;
  const id = exactMatch(trie, start, end);
  pushToken(id == NO_ID ? unknown : id, 0, <u32>(end - start));
}
