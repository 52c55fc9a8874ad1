// Takes the spaces with which a token begins and ends out of its offsets.
// Source: Hugging Face tokenizers, pre_tokenizers/byte_level.rs (process_offsets).

/** Set in the start of a token whose first space stands for a character of two UTF-16 units. */
export const WIDE: u32 = 0x80000000;

/** Whether there is anything to do. */
export let trims: bool = false;
let counts: usize = 0;
let prefixed: bool = false;
/** The answer of `trimAdded`. */
export let trimmedStart: u32 = 0;
export let trimmedEnd: u32 = 0;

/** No trimming. */
export function closeTrim(): void {
  trims = false;
}

/** Takes the section if it has two counts for every id. */
export function openTrim(section: usize, bytes: u32, ids: u32): bool {
  if (bytes != 4 + 2 * ids) return false;
  prefixed = load<u32>(section) != 0;
  counts = section + 4;
  trims = true;
  return true;
}

/** Trims the offsets of `count` tokens, the first of which is the first of its text. */
export function trimOffsets(offsets: usize, ids: usize, count: u32): void {
  if (!trims) return;
  for (let i: u32 = 0; i < count; i++) {
    const spaces = counts + (<usize>load<u32>(ids + (<usize>i << 2)) << 1);
    const at = offsets + (<usize>i << 3);
    if (load<u16>(spaces) == 0) {
      // The mark may be there: BPE without an unknown token leaves characters out, and places the next token where they stood.
      if (load<i32>(at) < 0) store<u32>(at, load<u32>(at) & ~WIDE);
      continue;
    }
    const start = load<u32>(at) & ~WIDE;
    const wide: u32 = start == load<u32>(at) ? 0 : 1;
    let leading = <u32>load<u8>(spaces);
    let trailing = <u32>load<u8>(spaces, 1);
    if (prefixed && leading == 1 && (i == 0 || start == 0)) leading = 0;
    else leading += wide;
    if (trailing) trailing += wide;
    trim(start, load<u32>(at, 4), leading, trailing);
    store<u32>(at, trimmedStart);
    store<u32>(at, trimmedEnd, 4);
  }
}

/** The same for an added token, whose spaces are not in the section. */
export function trimAdded(start: u32, end: u32, leading: u32, trailing: u32, first: bool): void {
  trimmedStart = start;
  trimmedEnd = end;
  if (prefixed && leading == 1 && (first || start == 0)) leading = 0;
  if (trims) trim(start, end, leading, trailing);
}

@inline
function trim(start: u32, end: u32, leading: u32, trailing: u32): void {
  trimmedStart = min(start + leading, end);
  trimmedEnd = end >= trailing ? max(end - trailing, trimmedStart) : end;
}
