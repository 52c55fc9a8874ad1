// Writes characters that take the place of others, with the alignment that Hugging Face tokenizers gives them
// (NormalizedString::transform_range): a character with change 0 replaces the next of the text, -n replaces it and removes the
// n after it, and one with a positive change is new and stands where the one before it stood.

import { change, counting, originEnd, originStart, putChar, putSame } from './parts';
import { bytes } from './parts';
import { codeBytes, codePoint, decode } from './utf8';

let first: u32 = 0;
let at: u32 = 0;
let end: u32 = 0;
let shift: u32 = 0;
let pending: i32 = -1;
let pendingChange: i32 = 0;

/** Begins with the bytes [start, stop), whose part was cut at unit `cut`. */
export function startTransform(start: u32, stop: u32, cut: u32): void {
  first = start;
  at = start;
  end = stop;
  shift = cut;
  pending = -1;
}

/** Writes the character before, and keeps this one until it is known what is removed behind it. */
export function transformed(char: u32, changes: i32): void {
  flush();
  pending = char;
  pendingChange = changes;
}

/**
 * Writes the bytes [start, stop) of the text as they are. False, and nothing is written, where what stands next is not `start`: the
 * reference may count characters that were left out as still to come.
 */
@inline
export function passed(start: u32, stop: u32): bool {
  flush();
  if (at != start) return false;
  putSame(start, stop);
  at = stop;
  return true;
}

/** The last character stands for `count` more of the text. */
export function removeBehind(count: u32): void {
  pendingChange -= count;
}

export function endTransform(): void {
  flush();
  if (at < end) change();
}

function flush(): void {
  if (pending < 0) return;
  let from = shift;
  let to = shift;
  if (pendingChange > 0) {
    change();
    if (at > first && !counting) {
      from = originStart(at - 1);
      to = originEnd(at - 1);
    }
  } else {
    if (at < end) {
      if (!counting) {
        from = originStart(at);
        to = originEnd(at);
      }
      decode(bytes + at);
      if (codePoint != pending) change();
      at += codeBytes;
    }
    for (let removed = -pendingChange; removed > 0 && at < end; removed--) {
      change();
      decode(bytes + at);
      at += codeBytes;
    }
  }
  putChar(pending, from, to);
  pending = -1;
}
