// Reads a double array; the layout of its units is in ../format.ts. A walk that begins at an inner node of a sound trie
// stays inside it whatever bytes it meets, so it needs no bounds.

import { TRIE_BLOCK } from '../format';

const LEAF: u32 = 0x80000000;
const ENDS_HERE: u32 = 0x100;

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
    if ((unit & (LEAF | 0xff)) != byte) break;
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
