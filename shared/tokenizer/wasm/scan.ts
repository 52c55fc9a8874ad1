// The SIMD pass: 16 bytes of text at a time into a lower-cased copy and three bit sets, a bit for every byte.
//
//   text    T h e _ c a f é é !      (é is two bytes)
//   solid   1 1 1 0 1 1 1 1 1 1      not a space
//   word    1 1 1 0 1 1 1 0 0 0      A–Z a–z 0–9
//   rough   0 0 0 0 0 0 0 1 1 0      neither printable ASCII nor a space: left to characters.ts
//
// Solid, not word and not rough is punctuation. The compiler proves that this is what the Unicode section says about ASCII.

import { TEXT_PADDING } from '../format';
import { take } from './memory';
import { addedFilter, lowercase } from './tables';

/** The text as the model sees it where it is not rough. */
export let lowered: usize = 0;
/** Whether an added token may begin anywhere in the text. */
export let mayHoldAddedTokens: bool = false;

let solid: usize = 0;
let word: usize = 0;
let rough: usize = 0;

/** Takes the sets for the `length` bytes at `text`; false if there is not enough memory. */
export function scan(text: usize, length: u32): bool {
  memory.fill(text + length, 0x20, TEXT_PADDING);
  // Bits are read 64 at a time from any byte.
  const setBytes = (<u64>length >>> 3) + 16;
  solid = take(setBytes);
  word = take(setBytes);
  rough = take(setBytes);
  lowered = lowercase ? take(<u64>length + 16) : text;
  if (!solid || !word || !rough || !lowered) return false;

  const low = v128.load(addedFilter);
  const high = v128.load(addedFilter, 16);
  let candidates = i8x16.splat(0);
  for (let i: usize = 0; i < length; i += 16) {
    const bytes = v128.load(text + i);
    const letters = i8x16.lt_u(i8x16.sub(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x61)), i8x16.splat(26));
    const digits = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10));
    const words = v128.or(letters, digits);
    const printable = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x21)), i8x16.splat(94));
    const spaces = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x0d))),
      i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x09)), i8x16.splat(2)),
    );
    store<u16>(solid + (i >>> 3), <u16>~i8x16.bitmask(spaces));
    store<u16>(word + (i >>> 3), <u16>i8x16.bitmask(words));
    store<u16>(rough + (i >>> 3), <u16>~i8x16.bitmask(v128.or(printable, spaces)));
    if (lowercase) v128.store(lowered + i, v128.or(bytes, v128.and(letters, i8x16.splat(0x20))));
    const byLow = i8x16.swizzle(low, v128.and(bytes, i8x16.splat(0x0f)));
    const byHigh = i8x16.swizzle(high, i8x16.shr_u(bytes, 4));
    candidates = v128.or(candidates, v128.and(byLow, byHigh));
  }
  mayHoldAddedTokens = v128.any_true(candidates);
  return true;
}

/** The first byte from `at` on that is not a space, or `end`. */
@inline
export function nextSolid(at: u32, end: u32): u32 {
  while (at < end) {
    const bits = load<u64>(solid + (at >>> 3)) >>> (at & 7);
    if (bits) return min(at + <u32>ctz(bits), end);
    at += 64 - (at & 7);
  }
  return end;
}

/** Where the letters and digits that stand from `at` on end, at most `end`. */
@inline
export function wordEnd(at: u32, end: u32): u32 {
  while (at < end) {
    const rest: u32 = 64 - (at & 7);
    const bits = <u32>ctz(~(load<u64>(word + (at >>> 3)) >>> (at & 7)));
    if (bits < rest) return min(at + bits, end);
    at += rest;
  }
  return end;
}

/** Whether the byte is printable ASCII or a space. */
@inline
export function isPlain(at: u32): bool {
  return ((load<u8>(rough + (at >>> 3)) >>> (at & 7)) & 1) == 0;
}
