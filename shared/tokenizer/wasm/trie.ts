// Reads a double array; the layout of its units is in ../format.ts. A walk that begins at an inner node of a sound trie
// stays inside it whatever bytes it meets, so it needs no bounds.

import { TRIE_BLOCK } from '../format';

const LEAF: u32 = 0x80000000;
const ENDS_HERE: u32 = 0x100;
const NUL_LABEL: u32 = 0xff;

/** What a walk finds. */
export let matchedId: u32 = 0;
/** Where the longest match ends; the start of the walk if nothing matched. */
export let matchedEnd: usize = 0;

@inline
function offsetOf(unit: u32): u32 {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** The longest key that the bytes [at, end) begin with, beyond `node`. */
@inline
export function longestMatch(trie: usize, node: u32, at: usize, end: usize): void {
  let unit = load<u32>(trie + (<usize>node << 2));
  let leaf: u32 = 0;
  matchedEnd = at;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    node ^= offsetOf(unit) ^ byte;
    unit = load<u32>(trie + (<usize>node << 2));
    if ((unit & (LEAF | 0xff)) != byte) {
      if (byte != 0) break;
      // A NUL is written as a byte that no UTF-8 has, because the place of a 0 is that of the leaf.
      node ^= NUL_LABEL;
      unit = load<u32>(trie + (<usize>node << 2));
      if ((unit & (LEAF | 0xff)) != NUL_LABEL) break;
    }
    at++;
    if (unit & ENDS_HERE) {
      leaf = node ^ offsetOf(unit);
      matchedEnd = at;
    }
  }
  matchedId = load<u32>(trie + (<usize>leaf << 2)) & ~LEAF;
}

/** Whether `node` is a place to begin a walk. */
export function isInner(trie: usize, bytes: u32, node: u32): bool {
  return node < bytes >>> 2 && !(load<u32>(trie + (<usize>node << 2)) & LEAF);
}

/** Whether every step from every inner unit stays inside and every id is below `ids`. */
export function isTrieSound(trie: usize, bytes: u32, ids: u32): bool {
  const units = bytes >>> 2;
  if (bytes % (4 * TRIE_BLOCK) != 0 || !isInner(trie, bytes, 0)) return false;
  for (let i: u32 = 0; i < units; i++) {
    const unit = load<u32>(trie + (<usize>i << 2));
    if (unit & LEAF) {
      if ((unit & ~LEAF) >= ids) return false;
      continue;
    }
    const target = i ^ offsetOf(unit);
    if (target >= units) return false;
    if (unit & ENDS_HERE && !(load<u32>(trie + (<usize>target << 2)) & LEAF)) return false;
  }
  return true;
}

/** Whether a byte that is not 0 is a key by itself. */
@inline
export function isKey(trie: usize, byte: u32): bool {
  const unit = load<u32>(trie + (<usize>(offsetOf(load<u32>(trie)) ^ byte) << 2));
  return (unit & (LEAF | ENDS_HERE | 0xff)) == (ENDS_HERE | byte);
}

/** The shortest key that the bytes [at, end) begin with; no key has the byte 0. */
export function firstMatch(trie: usize, at: usize, end: usize): void {
  let node: u32 = 0;
  let unit = load<u32>(trie);
  matchedEnd = at;
  for (let next = at; next < end; ) {
    const byte = <u32>load<u8>(next);
    node ^= offsetOf(unit) ^ byte;
    unit = load<u32>(trie + (<usize>node << 2));
    if ((unit & (LEAF | 0xff)) != byte || byte == 0) return;
    next++;
    if (unit & ENDS_HERE) {
      matchedId = load<u32>(trie + (<usize>(node ^ offsetOf(unit)) << 2)) & ~LEAF;
      matchedEnd = next;
      return;
    }
  }
}

/** The id of the key that is the bytes [at, end), or -1. */
export function exactMatch(trie: usize, at: usize, end: usize): i32 {
  longestMatch(trie, 0, at, end);
  return matchedEnd == end && at < end ? matchedId : -1;
}

/** Where a walk over all the keys that a text begins with stands: the end of the key that was found, and its id. */
export let walked: usize = 0;
export let walkedId: u32 = 0;
let walkNode: u32 = 0;
let walkUnit: u32 = 0;
let walkStart: bool = false;

@inline
export function startWalk(at: usize): void {
  walked = at;
  walkNode = 0;
  walkStart = true;
}

/** Goes on to the next longer key of `trie`; false if there is none before `end`. */
@inline
export function walkOn(trie: usize, end: usize): bool {
  let node = walkNode;
  let unit = walkStart ? load<u32>(trie) : walkUnit;
  walkStart = false;
  while (walked < end) {
    const byte = <u32>load<u8>(walked);
    node ^= offsetOf(unit) ^ byte;
    unit = load<u32>(trie + (<usize>node << 2));
    if ((unit & (LEAF | 0xff)) != byte) {
      if (byte != 0) return false;
      node ^= NUL_LABEL;
      unit = load<u32>(trie + (<usize>node << 2));
      if ((unit & (LEAF | 0xff)) != NUL_LABEL) return false;
    }
    walked++;
    if (unit & ENDS_HERE) {
      walkNode = node;
      walkUnit = unit;
      walkedId = load<u32>(trie + (<usize>(node ^ offsetOf(unit)) << 2)) & ~LEAF;
      return true;
    }
  }
  return false;
}
