// Tables of code points in the pool: classes and maps in two stages. Layout: ../pipeline-format.ts.

import { UNICODE_BLOCK, UNICODE_BLOCK_SHIFT, UNICODE_BLOCKS } from '../format';
import { MAX_MAPPED } from '../pipeline-format';

const CLASS_HEADER: usize = 4;
const MAP_HEADER: usize = 8;
const NUMBERS: usize = 2 * UNICODE_BLOCKS;

/** The class of a code point up to 0x10ffff. */
@inline
export function classOf(table: usize, codePoint: u32): u32 {
  const block = <usize>load<u16>(table + ((codePoint >>> UNICODE_BLOCK_SHIFT) << 1), CLASS_HEADER);
  const entry = (block << UNICODE_BLOCK_SHIFT) | (codePoint & (UNICODE_BLOCK - 1));
  return load<u8>(table + entry, CLASS_HEADER + NUMBERS);
}

/** Where the classes of ASCII stand, one byte each: they are of one block. */
@inline
export function asciiClasses(table: usize): usize {
  return table + CLASS_HEADER + NUMBERS + (<usize>load<u16>(table, CLASS_HEADER) << UNICODE_BLOCK_SHIFT);
}

/** Where the code points stand that one becomes, behind their number; 0 if it stays. */
@inline
export function mapped(map: usize, codePoint: u32): usize {
  const block = <usize>load<u16>(map + ((codePoint >>> UNICODE_BLOCK_SHIFT) << 1), MAP_HEADER);
  const entry = (block << UNICODE_BLOCK_SHIFT) | (codePoint & (UNICODE_BLOCK - 1));
  const index = <usize>load<u16>(map + (entry << 1), MAP_HEADER + NUMBERS);
  if (index == 0) return 0;
  return map + MAP_HEADER + NUMBERS + <usize>load<u32>(map) * (2 * UNICODE_BLOCK) + ((index - 1) << 2);
}

/** Whether a table of classes lies in [table, end) and no class reaches `limit`. */
export function areClassesSound(table: usize, end: usize, limit: u32): bool {
  if (table > end || end - table < CLASS_HEADER + NUMBERS) return false;
  const blocks = load<u32>(table);
  const at = table + CLASS_HEADER + NUMBERS;
  if (blocks > <u32>UNICODE_BLOCKS || <usize>blocks * UNICODE_BLOCK > end - at) return false;
  if (!areNumbersSound(table + CLASS_HEADER, blocks)) return false;
  for (let i: usize = 0; i < <usize>blocks * UNICODE_BLOCK; i++) {
    if (load<u8>(at + i) >= limit) return false;
  }
  return true;
}

export function isMapSound(map: usize, end: usize): bool {
  if (map > end || end - map < MAP_HEADER + NUMBERS) return false;
  const blocks = load<u32>(map);
  const count = load<u32>(map, 4);
  const entries = map + MAP_HEADER + NUMBERS;
  if (blocks > <u32>UNICODE_BLOCKS || count > 0xffff) return false;
  const words = entries + <usize>blocks * (2 * UNICODE_BLOCK);
  if (words > end || <usize>count * 4 > end - words) return false;
  if (!areNumbersSound(map + MAP_HEADER, blocks)) return false;
  for (let at = entries; at < words; at += 2) {
    const index = <u32>load<u16>(at);
    if (index == 0) continue;
    if (index > count) return false;
    const length = load<u32>(words + 4 * (index - 1));
    if (length > <u32>MAX_MAPPED || length > count - index) return false;
    for (let i: u32 = 0; i < length; i++) {
      if (load<u32>(words + 4 * (index + i)) > 0x10ffff) return false;
    }
  }
  return true;
}

function areNumbersSound(numbers: usize, blocks: u32): bool {
  for (let i: usize = 0; i < NUMBERS; i += 2) {
    if (load<u16>(numbers + i) >= blocks) return false;
  }
  return true;
}
