// The merges of BPE: which two ids become one, and how early that was learned. Layout: ../../pipeline-format.ts.

import { MODEL_MERGE_COUNT, MODEL_MERGE_MASK, MODEL_MERGED, MODEL_MERGES } from '../../pipeline-format';
import { pairSlot } from '../unicode-forms';

// Symbols stand where the tokens of the word will be, each of which is written when all symbols up to it were read.
// A symbol: | id u32 | previous i32 | next i32 | bytes u32 |, one that was merged away has 0 bytes.
export const SYMBOL: usize = 16;
/** No rank; also no symbol. */
export const NONE: u32 = 0xffffffff;

/** Ranks are less than this. */
export let mergeCount: u32 = 0;
let mask: u32 = 0;
let merges: usize = 0;
let merged: usize = 0;

/** False if anything leads outside the pool or names an id that is not there. */
export function openMerges(model: usize, pool: usize, poolBytes: u32, ids: u32): bool {
  mask = load<u32>(model, MODEL_MERGE_MASK);
  const mergeOffset = load<u32>(model, MODEL_MERGES);
  const mergedOffset = load<u32>(model, MODEL_MERGED);
  mergeCount = load<u32>(model, MODEL_MERGE_COUNT);
  merges = pool + mergeOffset;
  merged = pool + mergedOffset;
  if ((mask & (mask + 1)) != 0 || <u64>mergeOffset + (<u64>mask + 1) * 12 > poolBytes) return false;
  if (<u64>mergedOffset + <u64>mergeCount * 4 > poolBytes) return false;
  for (let i: u32 = 0; i < mergeCount; i++) if (mergedId(i) >= ids) return false;
  let empty = false;
  for (let slot: u32 = 0; slot <= mask; slot++) {
    const rank = load<u32>(merges + <usize>slot * 12, 8);
    if (rank == NONE) empty = true;
    else if (rank >= mergeCount) return false;
  }
  return empty;
}

/** The id that the pair of a rank becomes. */
@inline
export function mergedId(rank: u32): u32 {
  return load<u32>(merged + (<usize>rank << 2));
}

/** The rank of the merge of two ids, or NONE. */
@inline
export function rankOf(left: u32, right: u32): u32 {
  let slot = pairSlot(left, right);
  let entry = merges + <usize>(slot & mask) * 12;
  while (load<u32>(entry, 8) != NONE && (load<u32>(entry) != left || load<u32>(entry, 4) != right)) {
    entry = merges + <usize>(++slot & mask) * 12;
  }
  return load<u32>(entry, 8);
}
