// Merges the symbols of a word so long that a heap over them would be in no cache: every rank has a list of the places at which its
// pair stands, from left to right, and the ranks whose list is not empty are bits that are searched 64 at a time.
//
// Cost is linear in the word. A pair comes into being where one of its two sides does, and all places of a merge are gone over from
// left to right, so that a list is made of as many rising runs as there are merges which make one of the sides, one or two as a rule:
// a list is sorted by joining its runs before it is gone over.

import { reserveTokens } from '../tokens';
import { mergeCount, mergedId, NONE, rankOf, SYMBOL } from './bpe-merges';

/** Of each symbol, as the left one of a pair: | symbol before it in the list u32 | after it u32 | rank of the pair u32 | */
const LINK: usize = 12;
/** Of each rank: | first of its list u32 | last u32 |; the upper bit of the last says that places do not rise. */
const LIST: usize = 8;
const FALLS: u32 = 0x80000000;

let symbols: usize = 0;
let links: usize = 0;
let lists: usize = 0;
/** A bit for each rank, then a bit for each of these words. */
let bits: usize = 0;
let groups: usize = 0;
let groupCount: u32 = 0;
/** No group before this has a bit. */
let group: u32 = 0;

/** Merges the `count` symbols at `start`, where tokens go next; false if there is not enough memory. */
export function mergeByBuckets(start: usize, count: u32): bool {
  const words = (mergeCount + 63) >>> 6;
  groupCount = (words + 63) >>> 6;
  symbols = start;
  links = symbols + <usize>count * SYMBOL;
  lists = links + <usize>count * LINK;
  bits = (lists + <usize>mergeCount * LIST + 7) & ~7;
  groups = bits + (<usize>words << 3);
  const end = groups + (<usize>groupCount << 3);
  if (!reserveTokens(<u32>((end - start + SYMBOL - 1) / SYMBOL))) return false;
  memory.fill(lists, 0xff, <usize>mergeCount * LIST);
  memory.fill(bits, 0, end - bits);
  group = 0;
  for (let i: u32 = 0; i + 1 < count; i++) enter(i, i + 1);
  store<u32>(linkOf(count - 1), NONE, 8);
  for (let rank = lowest(); rank != NONE; rank = lowest()) {
    const list = lists + <usize>rank * LIST;
    if (load<u32>(list, 4) & FALLS) sort(list);
    merge(load<u32>(list), rank, count);
  }
  return true;
}

@inline
function symbolOf(place: u32): usize {
  return symbols + <usize>place * SYMBOL;
}

@inline
function linkOf(place: u32): usize {
  return links + <usize>place * LINK;
}

/** The lowest rank whose list is not empty, or NONE. */
function lowest(): u32 {
  for (; group < groupCount; group++) {
    const words = load<u64>(groups + (<usize>group << 3));
    if (!words) continue;
    const word = (group << 6) + <u32>ctz(words);
    return (word << 6) + <u32>ctz(load<u64>(bits + (<usize>word << 3)));
  }
  return NONE;
}

function merge(left: u32, rank: u32, count: u32): void {
  const symbol = symbolOf(left);
  const right = load<u32>(symbol, 8);
  const other = symbolOf(right);
  leave(left);
  leave(right);
  store<u32>(symbol, mergedId(rank));
  store<u32>(symbol, load<u32>(symbol, 12) + load<u32>(other, 12), 12);
  store<u32>(other, 0, 12);
  const next = load<u32>(other, 8);
  store<u32>(symbol, next, 8);
  const before = load<i32>(symbol, 4);
  if (before >= 0) {
    leave(before);
    enter(before, left);
  }
  if (next < count) {
    store<u32>(symbolOf(next), left, 4);
    enter(left, next);
  }
}

/** Puts the pair at the end of the list of its rank, if it has one. */
function enter(left: u32, right: u32): void {
  const rank = rankOf(load<u32>(symbolOf(left)), load<u32>(symbolOf(right)));
  const link = linkOf(left);
  store<u32>(link, rank, 8);
  if (rank == NONE) return;
  const list = lists + <usize>rank * LIST;
  const last = load<u32>(list, 4);
  if (load<u32>(list) == NONE) {
    store<u32>(link, NONE);
    store<u32>(list, left);
    store<u32>(list, left, 4);
    const word = bits + (<usize>(rank >>> 6) << 3);
    store<u64>(word, load<u64>(word) | (<u64>1 << (rank & 63)));
    const own = rank >>> 12;
    const words = groups + (<usize>own << 3);
    store<u64>(words, load<u64>(words) | (<u64>1 << ((rank >>> 6) & 63)));
    group = min(group, own);
  } else {
    const tail = last & ~FALLS;
    store<u32>(link, tail);
    store<u32>(linkOf(tail), left, 4);
    store<u32>(list, left | (last & FALLS) | (tail > left ? FALLS : 0), 4);
  }
  store<u32>(link, NONE, 4);
}

/** Takes the pair out of its list, if it is in one. */
function leave(left: u32): void {
  const link = linkOf(left);
  const rank = load<u32>(link, 8);
  if (rank == NONE) return;
  store<u32>(link, NONE, 8);
  const list = lists + <usize>rank * LIST;
  const before = load<u32>(link);
  const after = load<u32>(link, 4);
  if (before == NONE) store<u32>(list, after);
  else store<u32>(linkOf(before), after, 4);
  if (after != NONE) {
    store<u32>(linkOf(after), before);
  } else if (before != NONE) {
    store<u32>(list, before | (load<u32>(list, 4) & FALLS), 4);
  } else {
    const word = bits + (<usize>(rank >>> 6) << 3);
    store<u64>(word, load<u64>(word) & ~(<u64>1 << (rank & 63)));
    if (load<u64>(word)) return;
    const words = groups + (<usize>(rank >>> 12) << 3);
    store<u64>(words, load<u64>(words) & ~(<u64>1 << ((rank >>> 6) & 63)));
  }
}

let joined: u32 = NONE;
let joinedEnd: u32 = NONE;

/** Joins the rising runs of a list two by two until there is one. */
function sort(list: usize): void {
  let rest = load<u32>(list);
  let runs: u32 = 0;
  do {
    runs = 0;
    joined = NONE;
    while (rest != NONE) {
      const first = rest;
      const second = cutRun(first);
      rest = second == NONE ? NONE : cutRun(second);
      join(first, second);
      runs++;
    }
    rest = joined;
  } while (runs > 1);
  store<u32>(list, joined);
  store<u32>(list, joinedEnd, 4);
  let before = NONE;
  for (let at = joined; at != NONE; at = load<u32>(linkOf(at), 4)) {
    store<u32>(linkOf(at), before);
    before = at;
  }
}

/** Ends the rising run that begins at `at`, and returns what stood behind it. */
function cutRun(at: u32): u32 {
  let after = load<u32>(linkOf(at), 4);
  while (after != NONE && after > at) {
    at = after;
    after = load<u32>(linkOf(at), 4);
  }
  store<u32>(linkOf(at), NONE, 4);
  return after;
}

/** Adds two runs, as one, to what was joined. */
function join(first: u32, second: u32): void {
  while (first != NONE || second != NONE) {
    let at = first;
    if (first <= second) first = load<u32>(linkOf(first), 4); // NONE is more than any place
    else {
      at = second;
      second = load<u32>(linkOf(second), 4);
    }
    if (joined == NONE) joined = at;
    else store<u32>(linkOf(joinedEnd), at, 4);
    joinedEnd = at;
  }
  store<u32>(linkOf(joinedEnd), NONE, 4);
}
