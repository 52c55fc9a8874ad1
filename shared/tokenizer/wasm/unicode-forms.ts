// NFD, NFC, NFKD, NFKC of a part. A run from one starter to the next that cannot join it is decomposed, put in order, composed
// and written. Source: Unicode 3.11 and 3.12; for the changes that align it, the crate unicode-normalization-alignments.

import { PAIR_MULTIPLIER_A, PAIR_MULTIPLIER_B } from '../pipeline-format';
import { classOf, mapped } from './code-points';
import { reach, top } from './memory';
import { bytes } from './parts';
import { endTransform, startTransform, transformed } from './transform';
import { codeBytes, codePoint, decode } from './utf8';

const HANGUL: u32 = 0xac00;
const HANGUL_COUNT: u32 = 11172;
const LEADING: u32 = 0x1100;
const VOWEL: u32 = 0x1161;
const TRAILING: u32 = 0x11a7;
const LEADINGS: u32 = 19;
const VOWELS: u32 = 21;
const TRAILINGS: u32 = 28;
/** In the classes: a starter that may join what stands before it. */
const JOINING: u32 = 255;
/** Above this, a run of marks is put in order class by class. */
const LONG_RUN: u32 = 48;
const NONE: u32 = 0xffffffff;

/** The run: code point and change, 8 bytes each. */
let list: usize = 0;
let count: u32 = 0;
let classes: usize = 0;
let pairs: usize = 0;

/** Writes the form of the bytes [start, end); `pairTable` is 0 if nothing is composed. False without memory. */
export function writeForm(start: u32, end: u32, shift: u32, map: usize, classTable: usize, pairTable: usize): bool {
  classes = classTable;
  pairs = pairTable;
  list = (top + 15) & ~15;
  count = 0;
  startTransform(start, end, shift);
  let at = start;
  while (at < end) {
    decode(bytes + at);
    at += codeBytes;
    const char = codePoint;
    const words = mapped(map, char);
    const first = words ? load<u32>(words, 4) : char;
    if (count > 0 && classOf(classes, first) == 0) writeRun();
    if (!reach(<u64>list + (<u64>count + 32) * 16)) return false;
    if (words) {
      const length = load<u32>(words);
      for (let i: u32 = 0; i < length; i++) add(load<u32>(words + (<usize>i << 2), 4), i > 0 ? 1 : 0);
    } else if (char - HANGUL < HANGUL_COUNT) {
      const index = char - HANGUL;
      add(LEADING + index / (VOWELS * TRAILINGS), 0);
      add(VOWEL + (index % (VOWELS * TRAILINGS)) / TRAILINGS, 1);
      if (index % TRAILINGS) add(TRAILING + (index % TRAILINGS), 1);
    } else {
      add(char, 0);
    }
  }
  writeRun();
  endTransform();
  return true;
}

@inline
function add(char: u32, changes: i32): void {
  store<u32>(list + (<usize>count << 3), char);
  store<i32>(list + (<usize>count << 3), changes, 4);
  count++;
}

@inline
function charAt(i: u32): u32 {
  return load<u32>(list + (<usize>i << 3));
}

/** The canonical combining class. */
@inline
function combining(char: u32): u32 {
  const found = classOf(classes, char);
  return found == JOINING ? 0 : found;
}

function writeRun(): void {
  if (count > 1) {
    order();
    if (pairs) compose();
  }
  for (let i: u32 = 0; i < count; i++) transformed(charAt(i), load<i32>(list + (<usize>i << 3), 4));
  count = 0;
}

/** Sorts each stretch of marks by class, equal ones as they stand. */
function order(): void {
  for (let i: u32 = 0; i < count; ) {
    let end = i;
    while (end < count && combining(charAt(end)) > 0) end++;
    if (end - i > LONG_RUN) orderLong(i, end);
    else if (end - i > 1) orderShort(i, end);
    i = end + 1;
  }
}

function orderShort(start: u32, end: u32): void {
  for (let i = start + 1; i < end; i++) {
    const entry = load<u64>(list + (<usize>i << 3));
    const own = combining(<u32>entry);
    let place = i;
    while (place > start && combining(charAt(place - 1)) > own) {
      store<u64>(list + (<usize>place << 3), load<u64>(list + ((<usize>place - 1) << 3)));
      place--;
    }
    store<u64>(list + (<usize>place << 3), entry);
  }
}

/** Through a copy behind the list, for which room was made. */
function orderLong(start: u32, end: u32): void {
  const copy = list + (<usize>count << 3);
  memory.copy(copy, list + (<usize>start << 3), <usize>(end - start) << 3);
  let place = start;
  for (let wanted: u32 = 1; place < end; wanted++) {
    for (let i: u32 = 0; i < end - start; i++) {
      const entry = load<u64>(copy + (<usize>i << 3));
      if (combining(<u32>entry) == wanted) {
        store<u64>(list + (<usize>place << 3), entry);
        place++;
      }
    }
  }
}

function compose(): void {
  let kept: u32 = 0;
  let starter = NONE;
  let last: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const entry = load<u64>(list + (<usize>i << 3));
    const char = <u32>entry;
    const own = combining(char);
    if (starter != NONE && (last == 0 || last < own)) {
      const place = list + (<usize>starter << 3);
      const both = composed(load<u32>(place), char);
      if (both) {
        store<u32>(place, both);
        store<i32>(place, load<i32>(place, 4) + <i32>(entry >>> 32) - 1, 4);
        continue;
      }
    }
    if (own == 0) {
      starter = kept;
      last = 0;
    } else if (starter != NONE) {
      last = own;
    }
    store<u64>(list + (<usize>kept << 3), entry);
    kept++;
  }
  count = kept;
}

function composed(first: u32, second: u32): u32 {
  if (first - LEADING < LEADINGS && second - VOWEL < VOWELS) {
    return HANGUL + ((first - LEADING) * VOWELS + (second - VOWEL)) * TRAILINGS;
  }
  if (first - HANGUL < HANGUL_COUNT && (first - HANGUL) % TRAILINGS == 0 && second - TRAILING - 1 < TRAILINGS - 1) {
    return first + second - TRAILING;
  }
  const mask = load<u32>(pairs);
  let slot = pairSlot(first, second);
  let entry = pairs + 4 + <usize>(slot & mask) * 12;
  while (load<u32>(entry, 8) != 0 && (load<u32>(entry) != first || load<u32>(entry, 4) != second)) {
    entry = pairs + 4 + <usize>(++slot & mask) * 12;
  }
  return load<u32>(entry, 8);
}

@inline
export function pairSlot(first: u32, second: u32): u32 {
  const mixed = (first * PAIR_MULTIPLIER_A) ^ (second * PAIR_MULTIPLIER_B);
  return mixed ^ (mixed >>> 15);
}

/** Whether a table of pairs lies in [table, stop), with an empty slot at which a search ends. */
export function arePairsSound(table: usize, stop: usize): bool {
  if (table > stop || stop - table < 16) return false;
  const mask = load<u32>(table);
  if ((mask & (mask + 1)) != 0 || (<u64>mask + 1) * 12 > <u64>(stop - table - 4)) return false;
  let empty = false;
  for (let slot: u32 = 0; slot <= mask; slot++) {
    const value = load<u32>(table + 4 + <usize>slot * 12, 8);
    if (value > 0x10ffff) return false;
    if (value == 0) empty = true;
  }
  return empty;
}
