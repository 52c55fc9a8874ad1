// BPE: characters, or bytes, that are merged two by two, the merge that was learned first before the others.
// Source: Hugging Face tokenizers, BPE::merge_word and Word::merge_all. Short words look over all their pairs for the best one;
// long ones keep them in a heap, so that the cost is n log n in the word.

import {
  FLAG_BYTE_FALLBACK,
  FLAG_BYTE_LEVEL,
  FLAG_FUSE_UNKNOWN,
  FLAG_IGNORE_MERGES,
  MAX_AFFIX,
  MODEL_BYTE_IDS,
  MODEL_FLAGS,
  MODEL_MERGE_COUNT,
  MODEL_MERGE_MASK,
  MODEL_MERGED,
  MODEL_MERGES,
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
import { pairSlot } from '../unicode-forms';

// Symbols stand where the tokens of the word will be, each of which is written when all symbols up to it were read.
// A symbol: | id u32 | previous i32 | next i32 | bytes u32 |, one that was merged away has 0 bytes.
const SYMBOL: usize = 16;
const SHORT: u32 = 24;
const NONE: u32 = 0xffffffff;

const affixed = memory.data(80, 16);

let trie: usize = 0;
let unknown: i32 = NO_ID;
let flags: u32 = 0;
let byteIds: usize = 0;
let mask: u32 = 0;
let merges: usize = 0;
let merged: usize = 0;
let prefix: usize = 0;
let prefixLength: u32 = 0;
let suffix: usize = 0;
let suffixLength: u32 = 0;

let symbols: usize = 0;
let count: u32 = 0;
let heap: usize = 0;
let heapSize: u32 = 0;

/** Takes the model at `model`; false if anything in it leads outside the pool or names an id that is not there. */
export function openBpe(model: usize, trieAt: usize, pool: usize, poolBytes: u32, ids: u32): bool {
  trie = trieAt;
  unknown = load<i32>(model, MODEL_UNKNOWN);
  flags = load<u32>(model, MODEL_FLAGS);
  const byteOffset = load<u32>(model, MODEL_BYTE_IDS);
  mask = load<u32>(model, MODEL_MERGE_MASK);
  const mergeOffset = load<u32>(model, MODEL_MERGES);
  const mergedOffset = load<u32>(model, MODEL_MERGED);
  const mergeCount = load<u32>(model, MODEL_MERGE_COUNT);
  prefixLength = load<u32>(model, MODEL_PREFIX_LENGTH);
  suffixLength = load<u32>(model, MODEL_SUFFIX_LENGTH);
  byteIds = pool + byteOffset;
  merges = pool + mergeOffset;
  merged = pool + mergedOffset;
  prefix = pool + load<u32>(model, MODEL_PREFIX);
  suffix = pool + load<u32>(model, MODEL_SUFFIX);
  if (<u64>byteOffset + 1024 > poolBytes || prefixLength > <u32>MAX_AFFIX || suffixLength > <u32>MAX_AFFIX) return false;
  if (<u64>load<u32>(model, MODEL_PREFIX) + prefixLength > poolBytes) return false;
  if (<u64>load<u32>(model, MODEL_SUFFIX) + suffixLength > poolBytes) return false;
  if ((mask & (mask + 1)) != 0 || <u64>mergeOffset + (<u64>mask + 1) * 12 > poolBytes) return false;
  if (<u64>mergedOffset + <u64>mergeCount * 4 > poolBytes) return false;
  if (unknown != NO_ID && <u32>unknown >= ids) return false;
  for (let i: u32 = 0; i < 256; i++) {
    const id = load<u32>(byteIds + (<usize>i << 2));
    if (id != NONE && id >= ids) return false;
  }
  for (let i: u32 = 0; i < mergeCount; i++) if (load<u32>(merged + (<usize>i << 2)) >= ids) return false;
  let empty = false;
  for (let slot: u32 = 0; slot <= mask; slot++) {
    const rank = load<u32>(merges + <usize>slot * 12, 8);
    if (rank == NONE) empty = true;
    else if (rank >= mergeCount) return false;
  }
  return empty;
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
  else if (!mergeLong()) return;
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

/** The rank of the merge of two ids, or NONE. */
@inline
function rankOf(left: u32, right: u32): u32 {
  let slot = pairSlot(left, right);
  let entry = merges + <usize>(slot & mask) * 12;
  while (load<u32>(entry, 8) != NONE && (load<u32>(entry) != left || load<u32>(entry, 4) != right)) {
    entry = merges + <usize>(++slot & mask) * 12;
  }
  return load<u32>(entry, 8);
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
    store<u32>(symbol, load<u32>(merged + (<usize>best << 2)));
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

/** False if there is no memory for the heap, which lies behind the symbols and holds two pairs for each at most. */
function mergeLong(): bool {
  if (!reserveTokens(2 * count + 1)) return false;
  heap = symbols + <usize>count * SYMBOL;
  heapSize = 0;
  for (let i: u32 = 0; i + 1 < count; i++) offer(i, i + 1);
  while (heapSize > 0) {
    const entry = load<u64>(heap);
    popHeap();
    const left = <u32>entry;
    const best = <u32>(entry >>> 32);
    const symbol = symbols + <usize>left * SYMBOL;
    if (load<u32>(symbol, 12) == 0) continue;
    const right = load<i32>(symbol, 8);
    if (right >= <i32>count) continue;
    const other = symbols + <usize>right * SYMBOL;
    if (rankOf(load<u32>(symbol), load<u32>(other)) != best) continue;
    store<u32>(symbol, load<u32>(merged + (<usize>best << 2)));
    store<u32>(symbol, load<u32>(symbol, 12) + load<u32>(other, 12), 12);
    store<u32>(other, 0, 12);
    const next = load<i32>(other, 8);
    store<i32>(symbol, next, 8);
    if (next < <i32>count) {
      store<i32>(symbols + <usize>next * SYMBOL, <i32>left, 4);
      offer(left, next);
    }
    const before = load<i32>(symbol, 4);
    if (before >= 0) offer(before, left);
  }
  return true;
}

/** Puts the pair into the heap, by rank and then by place. */
function offer(left: u32, right: u32): void {
  const own = rankOf(load<u32>(symbols + <usize>left * SYMBOL), load<u32>(symbols + <usize>right * SYMBOL));
  if (own == NONE) return;
  const entry = (<u64>own << 32) | left;
  let place = heapSize++;
  while (place > 0) {
    const parent = (place - 1) >>> 1;
    const above = load<u64>(heap + (<usize>parent << 3));
    if (above <= entry) break;
    store<u64>(heap + (<usize>place << 3), above);
    place = parent;
  }
  store<u64>(heap + (<usize>place << 3), entry);
}

function popHeap(): void {
  heapSize--;
  const entry = load<u64>(heap + (<usize>heapSize << 3));
  let place: u32 = 0;
  while (true) {
    let child: u32 = 2 * place + 1;
    if (child >= heapSize) break;
    if (child + 1 < heapSize && load<u64>(heap + ((<usize>child + 1) << 3)) < load<u64>(heap + (<usize>child << 3))) child++;
    const below = load<u64>(heap + (<usize>child << 3));
    if (below >= entry) break;
    store<u64>(heap + (<usize>place << 3), below);
    place = child;
  }
  store<u64>(heap + (<usize>place << 3), entry);
}
