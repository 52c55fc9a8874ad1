// Added tokens in the general pipeline: first those that are looked for in the raw text, by a trie; then those that are looked for
// in the normalized text, one by one, for there are few. Source: Hugging Face tokenizers, AddedVocabulary::find_matches.

import {
  ADDED_HEADER_BYTES,
  ADDED_LSTRIP,
  ADDED_RECORD_BYTES,
  ADDED_RSTRIP,
  ADDED_SINGLE_WORD,
  AROUND_SPACE,
  AROUND_WORD,
  NO_ID,
} from '../pipeline-format';
import { areClassesSound, classOf } from './code-points';
import {
  bytes,
  endReplacing,
  oldParts,
  oldPartsEnd,
  originEnd,
  originStart,
  PART_BYTES,
  parts,
  partsEnd,
  pushPart,
  pushSlice,
  rewind,
  startReplacing,
} from './parts';
import { isTrieSound, longestMatch, matchedEnd, matchedId } from './trie';
import { trimAdded, trimmedEnd, trimmedStart } from './trim';
import { codeBytes, codePoint, decode, isUtf8 } from './utf8';

/** What byte-level tokenizers write for a space. */
const SPACE_CHARACTER: u32 = 0x120;

const first = memory.data(256, 16);
const firstNormalized = memory.data(256, 16);

let section: usize = 0;
let rawCount: u32 = 0;
let count: u32 = 0;
let rawTrie: usize = 0;
let around: usize = 0;
/** Normalized contents: for each record beyond the raw ones its address and length. */
let contents: usize = 0;

/** Takes the section if every record lies in it; the classes are in the pool. */
export function openAddedRecords(start: usize, length: u32, pool: usize, poolEnd: usize, ids: u32): bool {
  section = start;
  count = load<u32>(start);
  rawCount = load<u32>(start, 4);
  const trieOffset = load<u32>(start, 8);
  const trieBytes = load<u32>(start, 12);
  if (count > 0xffff || rawCount > count || <u32>ADDED_HEADER_BYTES + count * ADDED_RECORD_BYTES > length) return false;
  if (trieOffset % 4 != 0 || trieOffset > length || trieBytes > length - trieOffset) return false;
  rawTrie = start + trieOffset;
  around = pool + load<u32>(start, 16);
  if (load<u32>(start, 16) > <u32>(poolEnd - pool) || !areClassesSound(around, poolEnd, 3)) return false;
  memory.fill(first, 0, 256);
  memory.fill(firstNormalized, 0, 256);
  for (let i: u32 = 0; i < count; i++) {
    const record = recordOf(i);
    const offset = load<u32>(record, 8);
    const size = load<u32>(record, 12);
    if (load<u32>(record) >= ids || offset > length || size > length - offset || size == 0) return false;
    if (!isUtf8(start + offset, start + offset + size)) return false;
    if (i < rawCount) store<u8>(first + load<u8>(start + offset), 1);
  }
  contents = 0;
  return isTrieSound(rawTrie, trieBytes, max(rawCount, 1));
}

export function normalizedCount(): u32 {
  return count - rawCount;
}

export function contentOf(i: u32): usize {
  return section + load<u32>(recordOf(rawCount + i), 8);
}

export function contentLength(i: u32): u32 {
  return load<u32>(recordOf(rawCount + i), 12);
}

/** Where the addresses and lengths of the normalized contents are, and that they are whole. */
export function useContents(table: usize): void {
  contents = table;
  for (let i: u32 = 0; i < count - rawCount; i++) {
    const entry = contents + (<usize>i << 3);
    if (load<u32>(entry, 4) > 0) store<u8>(firstNormalized + load<u8>(load<u32>(entry)), 1);
  }
}

@inline
function recordOf(i: u32): usize {
  return section + ADDED_HEADER_BYTES + <usize>i * ADDED_RECORD_BYTES;
}

/** Cuts the added tokens out of every part. */
export function cutAddedTokens(normalized: bool): void {
  startReplacing();
  rewind();
  for (let part = oldParts; part < oldPartsEnd; part += PART_BYTES) {
    const id = load<i32>(part, 12);
    const start = load<u32>(part);
    const end = load<u32>(part, 4);
    if (id == NO_ID && start < end) cutPart(normalized, start, end);
    else pushPart(start, end, load<u32>(part, 8), id);
  }
  endReplacing();
}

function cutPart(normalized: bool, start: u32, end: u32): void {
  const filter = normalized ? firstNormalized : first;
  let done = start;
  for (let at = start; at < end; at++) {
    if (!load<u8>(filter + load<u8>(bytes + at))) continue;
    const record = normalized ? normalizedAt(at, end) : rawAt(at, end);
    if (!record) continue;
    let from = at;
    let to = <u32>(matchedStop - bytes);
    at = to - 1;
    const flags = load<u32>(record, 4);
    if (flags & ADDED_SINGLE_WORD) {
      if (from > start && classBefore(from) == AROUND_WORD) continue;
      if (to < end && classAt(to) == AROUND_WORD) continue;
    }
    if (flags & ADDED_LSTRIP) {
      while (from > done && classBefore(from) == AROUND_SPACE) from = before(from);
    }
    if (flags & ADDED_RSTRIP) {
      while (to < end && classAt(to) == AROUND_SPACE) to += codeBytes;
    }
    pushSlice(done, from);
    if (from < to) pushAdded(from, to, load<i32>(record));
    done = to;
    at = max(at, to - 1);
  }
  pushSlice(done, end);
}

/** The spaces of an added token are those of the text, which are not always those of its content. */
function pushAdded(from: u32, to: u32, id: i32): void {
  let leading: u32 = 0;
  let trailing: u32 = 0;
  for (let at = from; at < to; at += codeBytes) {
    const space = classAt(at) == AROUND_SPACE || codePoint == SPACE_CHARACTER;
    trailing = space ? trailing + 1 : 0;
    if (space && leading == all) leading++;
    all++;
  }
  all = 0;
  trimAdded(originStart(from), originEnd(to - 1), leading, trailing, parts == partsEnd);
  pushPart(trimmedStart, trimmedEnd, 0, id);
}

let all: u32 = 0;
let matchedStop: usize = 0;

function rawAt(at: u32, end: u32): usize {
  longestMatch(rawTrie, 0, bytes + at, bytes + end);
  matchedStop = matchedEnd;
  return matchedEnd > bytes + at ? recordOf(matchedId) : 0;
}

function normalizedAt(at: u32, end: u32): usize {
  let found: usize = 0;
  let best: u32 = 0;
  for (let i: u32 = 0; i < count - rawCount; i++) {
    const entry = contents + (<usize>i << 3);
    const length = load<u32>(entry, 4);
    if (length <= best || length > end - at) continue;
    const content = <usize>load<u32>(entry);
    let same: u32 = 0;
    while (same < length && load<u8>(content + same) == load<u8>(bytes + at + same)) same++;
    if (same < length) continue;
    best = length;
    found = recordOf(rawCount + i);
  }
  matchedStop = bytes + at + best;
  return found;
}

function before(at: u32): u32 {
  at--;
  while ((load<u8>(bytes + at) & 0xc0) == 0x80) at--;
  return at;
}

function classBefore(at: u32): u32 {
  return classAt(before(at));
}

function classAt(at: u32): u32 {
  decode(bytes + at);
  return classOf(around, codePoint);
}
