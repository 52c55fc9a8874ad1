// One text to tokens through the general pipeline: added tokens are cut out of the raw text, the rest is normalized, added tokens are
// cut out of that, the rest is split, and every part goes to the model. Each part is a word, added tokens too.
// Source of the order: Hugging Face tokenizers, TokenizerImpl::encode_single_sequence.

import { MODEL_WORDPIECE } from '../format';
import { MODEL_BPE, MODEL_UNIGRAM, NO_ID } from '../pipeline-format';
import { contentLength, contentOf, cutAddedTokens, normalizedCount, useContents } from './added-tokens';
import { bpe } from './models/bpe';
import { unigram } from './models/unigram';
import { wordLevel } from './models/wordlevel';
import { wordpiece } from './models/wordpiece';
import { startWork, take, top } from './memory';
import {
  bytes,
  failed,
  originEnd,
  origins,
  originStart,
  PART_BYTES,
  parts,
  partsEnd,
  pushPart,
  rewind,
  startParts,
} from './parts';
import { normalizeParts, splitParts } from './pipeline';
import { modelKind, trie, unknownId } from './tables';
import { closeTokens, outOfMemory, pushToken, reserveTokens, startTokens, TOKEN_BYTES, tokensEnd } from './tokens';
import { trims, WIDE } from './trim';
import { recall, remember } from './word-cache';

/** Where the tokens of a text begin and end. */
export let firstToken: usize = 0;
export let lastToken: usize = 0;

/** Encodes the `length` bytes at `text`; false if there is not enough memory. */
export function encodeGeneral(text: usize, length: u32): bool {
  const mark = take(0);
  startParts(text, length);
  pushPart(0, length, 0, NO_ID);
  cutAddedTokens(false);
  if (!normalizeParts()) return false;
  cutAddedTokens(true);
  if (!splitParts() || failed) return false;
  startTokens();
  rewind();
  let word: u32 = 0;
  for (let part = parts; part < partsEnd && !outOfMemory; part += PART_BYTES) {
    const start = load<u32>(part);
    const end = load<u32>(part, 4);
    const id = load<i32>(part, 12);
    if (id != NO_ID) {
      if (reserveTokens(1)) pushToken(id, start, end);
      store<u32>(tokensEnd - TOKEN_BYTES, word++, 12);
    } else if (start < end) {
      encodeWord(start, end, word++);
    }
  }
  const from = closeTokens();
  if (outOfMemory) return false;
  // The text's tables are no longer needed: its tokens move down to where they began.
  const size = tokensEnd - from;
  memory.copy(mark, from, size);
  firstToken = mark;
  lastToken = mark + size;
  startWork(lastToken);
  return true;
}

function encodeWord(start: u32, end: u32, word: u32): void {
  let token = tokensEnd;
  const at = bytes + start;
  if (!recall(at, bytes + end)) {
    if (modelKind == MODEL_BPE) bpe(at, bytes + end);
    else if (modelKind == MODEL_UNIGRAM) unigram(at, bytes + end);
    else if (modelKind == MODEL_WORDPIECE) wordpiece(at, end - start, characters(at, bytes + end));
    else wordLevel(trie, unknownId, at, bytes + end);
    if (!outOfMemory) remember(end - start, token);
  }
  for (; token < tokensEnd; token += TOKEN_BYTES) {
    const from = originStart(start + load<u32>(token, 4));
    const to = originEnd(start + load<u32>(token, 8) - 1);
    const first = bytes + start + load<u32>(token, 4);
    store<u32>(token, trims && origins ? markWide(first, from) : from, 4);
    store<u32>(token, to, 8);
    store<u32>(token, word, 12);
  }
}

/** A space that was put before a character of two units is trimmed by both: trim.ts looks for the mark. */
function markWide(at: usize, from: u32): u32 {
  return load<u8>(at) == 0x20 && originEnd(<u32>(at - bytes)) - from == 2 ? from | WIDE : from;
}

function characters(at: usize, end: usize): u32 {
  let count: u32 = 0;
  for (; at < end; at++) if ((load<u8>(at) & 0xc0) != 0x80) count++;
  return count;
}

/** Normalizes the contents of the added tokens that are looked for in normalized text, into memory from `place` on. */
export function normalizeAddedTokens(): usize {
  const count = normalizedCount();
  const table = take(<u64>count * 8);
  if (!table) return 0;
  for (let i: u32 = 0; i < count; i++) {
    const content = contentOf(i);
    const length = contentLength(i);
    startParts(content, length);
    pushPart(0, length, 0, NO_ID);
    if (!normalizeParts()) return 0;
    const from = bytes + load<u32>(parts);
    const size = load<u32>(parts, 4) - load<u32>(parts);
    store<u32>(table + (<usize>i << 3), <u32>from);
    store<u32>(table + (<usize>i << 3), size, 4);
    if (top < partsEnd) take(<u64>(partsEnd - top));
  }
  useContents(table);
  return take(0);
}
