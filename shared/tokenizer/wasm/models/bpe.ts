// BPE: characters, or bytes, that are merged two by two, the merge that was learned first before the others.
// Source: Hugging Face tokenizers, BPE::merge_word and Word::merge_all. Short words look over all their pairs for the best one; long
// ones keep them in a heap, and still longer ones in a list for every merge, so that a word of megabytes costs what its length says.

import {
  FLAG_BYTE_FALLBACK,
  FLAG_BYTE_LEVEL,
  FLAG_FUSE_UNKNOWN,
  FLAG_IGNORE_MERGES,
  MAX_AFFIX,
  MODEL_BYTE_IDS,
  MODEL_FLAGS,
  MODEL_PREFIX,
  MODEL_PREFIX_LENGTH,
  MODEL_SUFFIX,
  MODEL_SUFFIX_LENGTH,
  MODEL_UNKNOWN,
  NO_ID,
} from '../../pipeline-format';
import { toBytes } from '../byte-alphabet';
import { outOfMemory, pushToken, reserveTokens, tokensEnd } from '../tokens';
import { exactMatch } from '../trie';
import { mergeByBuckets } from './bpe-buckets';
import { mergeByHeap } from './bpe-heap';
import { mergedId, NONE, openMerges, rankOf, SYMBOL } from './bpe-merges';

/** Most symbols of a word that are looked over for the best pair, and that go into a heap. */
const SHORT: u32 = 24;
const LONG: u32 = 4096;

const affixed = memory.data(80, 16);

let trie: usize = 0;
let unknown: i32 = NO_ID;
let flags: u32 = 0;
let byteIds: usize = 0;
let prefix: usize = 0;
let prefixLength: u32 = 0;
let suffix: usize = 0;
let suffixLength: u32 = 0;

let symbols: usize = 0;
let count: u32 = 0;

/** Takes the model at `model`; false if anything in it leads outside the pool or names an id that is not there. */
export function openBpe(model: usize, trieAt: usize, pool: usize, poolBytes: u32, ids: u32): bool {
  trie = trieAt;
  unknown = load<i32>(model, MODEL_UNKNOWN);
  flags = load<u32>(model, MODEL_FLAGS);
  const byteOffset = load<u32>(model, MODEL_BYTE_IDS);
  prefixLength = load<u32>(model, MODEL_PREFIX_LENGTH);
  suffixLength = load<u32>(model, MODEL_SUFFIX_LENGTH);
  byteIds = pool + byteOffset;
  prefix = pool + load<u32>(model, MODEL_PREFIX);
  suffix = pool + load<u32>(model, MODEL_SUFFIX);
  if (<u64>byteOffset + 1024 > poolBytes || prefixLength > <u32>MAX_AFFIX || suffixLength > <u32>MAX_AFFIX) return false;
  if (<u64>load<u32>(model, MODEL_PREFIX) + prefixLength > poolBytes) return false;
  if (<u64>load<u32>(model, MODEL_SUFFIX) + suffixLength > poolBytes) return false;
  if (unknown != NO_ID && <u32>unknown >= ids) return false;
  for (let i: u32 = 0; i < 256; i++) {
    const id = load<u32>(byteIds + (<usize>i << 2));
    if (id != NONE && id >= ids) return false;
  }
  return openMerges(model, pool, poolBytes, ids);
}

/** The id of the piece that is written [start, end), which may be overwritten. */
export function bpePiece(start: usize, end: usize): i32 {
  if (!(flags & FLAG_BYTE_LEVEL)) return exactMatch(trie, start, end);
  const to = toBytes(start, end);
  if (!to) return NO_ID;
  return to - start == 1 ? load<i32>(byteIds + (<usize>load<u8>(start) << 2)) : exactMatch(trie, start, to);
}

/** Appends the tokens of the word [start, end), offsets in its bytes. */
export function bpe(start: usize, end: usize): void {
  if (!reserveTokens(1)) return;
  if (flags & FLAG_IGNORE_MERGES) {
    const whole = exactMatch(trie, start, end);
    if (whole != NO_ID) {
      pushToken(whole, 0, <u32>(end - start));
      return;
    }
  }
  count = 0;
  symbols = tokensEnd;
  if (flags & FLAG_BYTE_LEVEL) {
    if (!reserveTokens(<u32>(end - start))) return;
    for (let at = start; at < end; at++) {
      const id = load<i32>(byteIds + (<usize>load<u8>(at) << 2));
      if (id != NO_ID) addSymbol(id, 1);
      else addUnknown(1);
    }
  } else {
    readCharacters(start, end);
  }
  endUnknown();
  if (outOfMemory) return;
  if (count <= SHORT) mergeShort();
  else if (!(count <= LONG ? mergeByHeap(symbols, count) : mergeByBuckets(symbols, count))) return;
  let at: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const length = load<u32>(symbols + <usize>i * SYMBOL, 12);
    if (length == 0) continue;
    pushToken(load<u32>(symbols + <usize>i * SYMBOL), at, at + length);
    at += length;
  }
}

let unknownLength: u32 = 0;

@inline
function addSymbol(id: u32, length: u32): void {
  const symbol = symbols + <usize>count * SYMBOL;
  store<u32>(symbol, id);
  store<i32>(symbol, <i32>count - 1, 4);
  store<i32>(symbol, <i32>count + 1, 8);
  store<u32>(symbol, length, 12);
  count++;
}

function addUnknown(length: u32): void {
  if (unknown == NO_ID) return; // the reference leaves it out, and places what follows too early
  if (!(flags & FLAG_FUSE_UNKNOWN)) endUnknown();
  unknownLength += length;
}

@inline
function endUnknown(): void {
  if (unknownLength == 0) return;
  addSymbol(unknown, unknownLength);
  unknownLength = 0;
}

function readCharacters(start: usize, end: usize): void {
  for (let at = start; at < end; ) {
    const lead = <u32>load<u8>(at);
    const length: u32 = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (!reserveTokens(count + 8)) return;
    const id = symbolOf(at, length, at == start, at + length >= end);
    if (id != NO_ID) {
      endUnknown();
      addSymbol(id, length);
    } else if (!(flags & FLAG_BYTE_FALLBACK) || !addBytes(at, length)) {
      addUnknown(length);
    }
    at += length;
  }
}

/** A character that is not the first carries the prefix, and the last carries the suffix. */
function symbolOf(at: usize, length: u32, isFirst: bool, isLast: bool): i32 {
  const before = isFirst ? 0 : prefixLength;
  const after = isLast ? suffixLength : 0;
  if (before + after == 0) return exactMatch(trie, at, at + length);
  memory.copy(affixed, prefix, before);
  memory.copy(affixed + before, at, length);
  memory.copy(affixed + before + length, suffix, after);
  return exactMatch(trie, affixed, affixed + before + length + after);
}

/** Every byte of the character is a symbol, if there is a piece for each. An unknown one before it comes after it. */
function addBytes(at: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (load<i32>(byteIds + (<usize>load<u8>(at + i) << 2)) == NO_ID) return false;
  }
  for (let i: u32 = 0; i < length; i++) addSymbol(load<u32>(byteIds + (<usize>load<u8>(at + i) << 2)), 1);
  return true;
}

/** Symbols move together as they merge; the rank of each with the next stands in its place for links. */
function mergeShort(): void {
  for (let i: u32 = 0; i + 1 < count; i++) rank(i);
  while (count > 1) {
    let best = NONE;
    let place: u32 = 0;
    for (let i: u32 = 0; i + 1 < count; i++) {
      const own = load<u32>(symbols + <usize>i * SYMBOL, 4);
      if (own < best) {
        best = own;
        place = i;
      }
    }
    if (best == NONE) return;
    const symbol = symbols + <usize>place * SYMBOL;
    store<u32>(symbol, mergedId(best));
    store<u32>(symbol, load<u32>(symbol, 12) + load<u32>(symbol + SYMBOL, 12), 12);
    count--;
    memory.copy(symbol + SYMBOL, symbol + 2 * SYMBOL, <usize>(count - place - 1) * SYMBOL);
    if (place > 0) rank(place - 1);
    if (place + 1 < count) rank(place);
  }
}

@inline
function rank(i: u32): void {
  const symbol = symbols + <usize>i * SYMBOL;
  store<u32>(symbol, rankOf(load<u32>(symbol), load<u32>(symbol + SYMBOL)), 4);
}
