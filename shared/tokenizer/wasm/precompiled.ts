// SentencePiece's own normalizer: a trie of byte strings and what they become. A grapheme cluster of less than six bytes that
// begins with one becomes what that becomes, whole; other text is taken character by character.
// Source: Hugging Face tokenizers, normalizers/precompiled.rs, and the crate spm_precompiled (transform).

import { GRAPHEME_CONTROL, GRAPHEME_EXTEND, GRAPHEME_PREPEND } from '../pipeline-format';
import { classOf } from './code-points';
import { bytes } from './parts';
import { endTransform, passed, removeBehind, startTransform, transformed } from './transform';
import { firstMatch, matchedEnd, isKey, matchedId } from './trie';
import { codeBytes, codePoint, decode } from './utf8';

const SHORT: u32 = 6;

let trie: usize = 0;
let texts: usize = 0;
let textsEnd: usize = 0;
let graphemes: usize = 0;
let any: bool = false;

export function writePrecompiled(
  start: u32,
  end: u32,
  shift: u32,
  trieAt: usize,
  textsAt: usize,
  textsLength: u32,
  classes: usize,
): void {
  trie = trieAt;
  texts = textsAt;
  textsEnd = textsAt + textsLength;
  graphemes = classes;
  any = false;
  let inStep = true;
  startTransform(start, end, shift);
  for (let at = start; at < end; ) {
    const plain = inStep ? plainEnd(at, end) : at;
    if (plain > at + 1) {
      inStep = passed(at, plain - 1);
      if (inStep) {
        // The last of them may still be told to stand for characters behind it.
        transformed(load<u8>(bytes + plain - 1), 0);
        any = true;
        at = plain;
        continue;
      }
    }
    const stop = clusterEnd(at, end);
    if (stop - at >= SHORT || !becomes(at, stop)) {
      while (at < stop) {
        decode(bytes + at);
        const next = at + codeBytes;
        const char = codePoint;
        if (!becomes(at, next)) {
          transformed(char, 0);
          any = true;
        }
        at = next;
      }
    }
    at = stop;
  }
  endTransform();
}

/** Where the ASCII ends, from `at` on, that stands for itself and begins no cluster of more characters. */
@inline
function plainEnd(at: u32, end: u32): u32 {
  while (at < end) {
    const byte = <u32>load<u8>(bytes + at);
    if (byte >= 0x80 || byte < 0x20 || isKey(trie, byte)) break;
    if (at + 1 < end && load<u8>(bytes + at + 1) >= 0x80) break;
    at++;
  }
  return at;
}

/** Writes what the bytes [at, stop) become, if anything. */
function becomes(at: u32, stop: u32): bool {
  firstMatch(trie, bytes + at, bytes + stop);
  if (matchedEnd == bytes + at) return false;
  let old: i32 = 0;
  for (let i = at; i < stop; i++) if ((load<u8>(bytes + i) & 0xc0) != 0x80) old++;
  let text = texts + matchedId;
  let count: i32 = 0;
  let textEnd = text;
  for (; textEnd < textsEnd && load<u8>(textEnd) != 0; textEnd++) if ((load<u8>(textEnd) & 0xc0) != 0x80) count++;
  for (let i: i32 = 0; text < textEnd; i++) {
    decode(text);
    text += codeBytes;
    transformed(codePoint, i >= old ? 1 : 0);
    any = true;
  }
  if (count < old && any) removeBehind(old - count);
  return true;
}

/** Where the grapheme cluster at `at` ends; clusters that differ only beyond five bytes are not told apart. */
function clusterEnd(at: u32, end: u32): u32 {
  const lead = <u32>load<u8>(bytes + at);
  if (lead < 0x80) {
    if (at + 1 == end) return end;
    const next = <u32>load<u8>(bytes + at + 1);
    if (next < 0x80) return lead == 0x0d && next == 0x0a ? at + 2 : at + 1;
  }
  let own: u32;
  do {
    decode(bytes + at);
    at += codeBytes;
    own = classOf(graphemes, codePoint);
  } while (own == GRAPHEME_PREPEND && at < end && classAt(at) != GRAPHEME_CONTROL);
  if (own == GRAPHEME_CONTROL) return at;
  while (at < end && classAt(at) == GRAPHEME_EXTEND) {
    decode(bytes + at);
    at += codeBytes;
  }
  return at;
}

@inline
function classAt(at: u32): u32 {
  decode(bytes + at);
  return classOf(graphemes, codePoint);
}
