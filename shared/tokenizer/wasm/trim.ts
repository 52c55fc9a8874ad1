// Takes the spaces with which a token begins and ends out of its offsets.
// Source: Hugging Face tokenizers, pre_tokenizers/byte_level.rs (process_offsets).

let counts: usize = 0;
let prefixed: bool = false;
/** The answer of `trimAdded`. */
export let trimmedStart: u32 = 0;
export let trimmedEnd: u32 = 0;

/** No trimming. */
export function closeTrim(): void {
  counts = 0;
}

/** Takes the section if it has two counts for every id. */
export function openTrim(section: usize, bytes: u32, ids: u32): bool {
  if (bytes != 4 + 2 * ids) return false;
  prefixed = load<u32>(section) != 0;
  counts = section + 4;
  return true;
}

/** Trims the offsets of `count` tokens, the first of which is the first of its text. */
export function trimOffsets(offsets: usize, ids: usize, count: u32): void {
  if (!counts) return;
  for (let i: u32 = 0; i < count; i++) {
    const spaces = counts + (<usize>load<u32>(ids + (<usize>i << 2)) << 1);
    if (load<u16>(spaces) == 0) continue;
    const at = offsets + (<usize>i << 3);
    trim(load<u32>(at), load<u32>(at, 4), load<u8>(spaces), load<u8>(spaces, 1), i == 0);
    store<u32>(at, trimmedStart);
    store<u32>(at, trimmedEnd, 4);
  }
}

/** The same for an added token, whose spaces are not in the section. */
export function trimAdded(start: u32, end: u32, leading: u32, trailing: u32, first: bool): void {
  trimmedStart = start;
  trimmedEnd = end;
  if (counts) trim(start, end, leading, trailing, first);
}

@inline
function trim(start: u32, end: u32, leading: u32, trailing: u32, first: bool): void {
  if (prefixed && leading == 1 && (first || start == 0)) leading = 0;
  trimmedStart = min(start + leading, end);
  trimmedEnd = end >= trailing ? max(end - trailing, trimmedStart) : end;
}
