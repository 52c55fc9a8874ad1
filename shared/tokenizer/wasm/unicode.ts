// What becomes of a code point: the Unicode section, in two stages. The layout is in ../format.ts.

import {
  ACTION_HANGUL,
  ACTION_MARK,
  ACTION_SEQUENCE,
  MAX_SEQUENCE,
  SEQUENCE_LAST_SHIFT,
  UNICODE_BLOCK,
  UNICODE_BLOCK_SHIFT,
  UNICODE_BLOCKS,
  UNICODE_HEADER_BYTES,
} from '../format';

let blocks: usize = 0;
let actions: usize = 0;
let sequences: usize = 0;

/** The action for a code point up to 0x10ffff. */
@inline
export function actionOf(codePoint: u32): i32 {
  const block = <usize>load<u16>(blocks + ((codePoint >>> UNICODE_BLOCK_SHIFT) << 1));
  return load<u16>(actions + (((block << UNICODE_BLOCK_SHIFT) | (codePoint & (UNICODE_BLOCK - 1))) << 1));
}

/** The first word of the sequence that an action >= ACTION_SEQUENCE names. */
@inline
export function sequenceOf(action: i32): usize {
  return sequences + (<usize>(action - ACTION_SEQUENCE) << 2);
}

/** Takes the section if every action in it is known, and every sequence ends within MAX_SEQUENCE words. */
export function isUnicodeSound(section: usize, bytes: u32): bool {
  const blockCount = load<u32>(section);
  const words = load<u32>(section, 4);
  const size = UNICODE_HEADER_BYTES + 2 * UNICODE_BLOCKS + <u64>blockCount * (2 * UNICODE_BLOCK) + <u64>words * 4;
  if (size != bytes) return false;
  blocks = section + UNICODE_HEADER_BYTES;
  actions = blocks + 2 * UNICODE_BLOCKS;
  sequences = actions + blockCount * (2 * UNICODE_BLOCK);
  for (let at = blocks; at < actions; at += 2) {
    if (load<u16>(at) >= blockCount) return false;
  }
  for (let at = actions; at < sequences; at += 2) {
    const action = <i32>load<u16>(at);
    if (action > ACTION_HANGUL && action < ACTION_MARK) return false;
    if (action >= ACTION_SEQUENCE && <u32>(action - ACTION_SEQUENCE) >= words) return false;
  }
  let run: u32 = 0;
  for (let at = sequences; at < sequences + words * 4; at += 4) {
    run = load<u32>(at) >>> SEQUENCE_LAST_SHIFT ? 0 : run + 1;
    if (run == MAX_SEQUENCE) return false;
  }
  return run == 0;
}
