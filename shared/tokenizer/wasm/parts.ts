// The text on its way through the general pipeline: its bytes, the place that each came from, and the parts that it is in.
//
//   bytes    UTF-8
//   origins  [start, end) in UTF-16 units of the caller's text, 8 bytes a byte; absent (0) as long as nothing was changed
//   parts    start, end, shift, id    bytes of a part of the text, and the unit at which it began when it was cut
//                                     or UTF-16 units of an added token, whose id is not NO_ID
//
// A step that changes the text runs twice, once to count (`counting`): one that changes nothing costs no memory.
// Source of the alignment: Hugging Face tokenizers, NormalizedString::transform_range.

import { NO_ID } from '../pipeline-format';
import { reach, startWork, take } from './memory';

export const PART_BYTES: usize = 16;
/** Behind what a step writes, for the last vector. */
const SLACK: u64 = 16;

export let bytes: usize = 0;
export let origins: usize = 0;
export let parts: usize = 0;
export let partsEnd: usize = 0;
export let counting: bool = false;
/** Whether the text is ASCII as the caller wrote it, so that its bytes are its UTF-16 units. */
export let plain: bool = false;
/** Whether the step changed anything. */
export let changed: bool = false;
export let failed: bool = false;

/** Start of all that this text takes. */
let base: usize = 0;
let written: u32 = 0;
let newBytes: usize = 0;
let newOrigins: usize = 0;

/** Begins with the `length` bytes at `start` and no parts. */
export function startParts(start: usize, length: u32): void {
  plain = isAscii(start, length);
  base = take(0);
  bytes = start;
  origins = 0;
  parts = base;
  partsEnd = base;
  failed = base == 0;
}

function isAscii(start: usize, length: u32): bool {
  let all = i8x16.splat(0);
  let at: u32 = 0;
  for (; at + 16 <= length; at += 16) all = v128.or(all, v128.load(start + at));
  for (; at < length; at++) all = v128.or(all, i8x16.splat(load<i8>(start + at)));
  return i8x16.bitmask(all) == 0;
}

/** Adds a part behind the last. */
@inline
export function pushPart(start: u32, end: u32, shift: u32, id: i32): void {
  if (start == end && id == NO_ID) return;
  if (!reach(<u64>partsEnd + PART_BYTES)) {
    failed = true;
    return;
  }
  store<u32>(partsEnd, start);
  store<u32>(partsEnd, end, 4);
  store<u32>(partsEnd, shift, 8);
  store<i32>(partsEnd, id, 12);
  partsEnd += PART_BYTES;
}

/** Adds the bytes [start, end) as a part of their own. */
@inline
export function pushSlice(start: u32, end: u32): void {
  if (start < end) pushPart(start, end, originStart(start), NO_ID);
}

@inline
export function originStart(byte: u32): u32 {
  return origins ? load<u32>(origins + (<usize>byte << 3)) : plain ? byte : unitOf(byte);
}

/** Of the byte that ends a range. */
@inline
export function originEnd(byte: u32): u32 {
  return origins ? load<u32>(origins + (<usize>byte << 3), 4) : plain ? byte + 1 : unitAfter(byte);
}

let cursorByte: u32 = 0;
let cursorUnit: u32 = 0;

/** Places count from the start of the text again. */
export function rewind(): void {
  cursorByte = 0;
  cursorUnit = 0;
}

/** The UTF-16 unit at which the character of a byte begins; bytes are mostly asked for in order. */
export function unitOf(byte: u32): u32 {
  while (byte > 0 && (load<u8>(bytes + byte) & 0xc0) == 0x80) byte--;
  let at = cursorByte;
  let unit = cursorUnit;
  while (at > byte) {
    const value = <u32>load<u8>(bytes + --at);
    if ((value & 0xc0) != 0x80) unit -= value >= 0xf0 ? 2 : 1;
  }
  while (at < byte) {
    const value = <u32>load<u8>(bytes + at++);
    if ((value & 0xc0) != 0x80) unit += value >= 0xf0 ? 2 : 1;
  }
  cursorByte = at;
  cursorUnit = unit;
  return unit;
}

function unitAfter(byte: u32): u32 {
  const unit = unitOf(byte);
  return unit + (load<u8>(bytes + cursorByte) >= 0xf0 ? 2 : 1);
}

/** Parts are replaced: the old ones stay readable at `oldParts` while new ones are pushed. */
export let oldParts: usize = 0;
export let oldPartsEnd: usize = 0;

export function startReplacing(): void {
  oldParts = parts;
  oldPartsEnd = partsEnd;
  parts = partsEnd;
}

/** The new parts take the place of the old ones. */
export function endReplacing(): void {
  const length = partsEnd - parts;
  memory.copy(oldParts, parts, length);
  parts = oldParts;
  partsEnd = oldParts + length;
  startWork(partsEnd);
}

/** Begins to count what a step will write. What it takes lies behind the parts. */
export function startCounting(): void {
  startWork(partsEnd);
  counting = true;
  changed = false;
  written = 0;
}

/** Begins to write what was counted, behind what was taken; false if there is not enough memory. */
export function startWriting(): bool {
  if (!origins && !layOrigins()) return false;
  newBytes = take(<u64>written + SLACK);
  newOrigins = take(<u64>written * 8 + SLACK);
  counting = false;
  written = 0;
  failed = failed || newBytes == 0 || newOrigins == 0;
  return !failed;
}

/** What was written takes the place of all that was there: each of the three tables moves down. */
export function endWriting(): void {
  const length = partsEnd - parts;
  const spare = take(<u64>length);
  if (!spare) {
    failed = true;
    return;
  }
  memory.copy(spare, parts, length);
  startWork(base);
  bytes = take(<u64>written);
  memory.copy(bytes, newBytes, written);
  origins = take(<u64>written * 8);
  memory.copy(origins, newOrigins, <usize>written << 3);
  parts = take(<u64>length);
  memory.copy(parts, spare, length);
  partsEnd = parts + length;
  startWork(partsEnd);
}

/** Where the next byte will be. */
@inline
export function here(): u32 {
  return written;
}

/** Writes the bytes of a code point, all of one origin. */
export function putChar(codePoint: u32, from: u32, to: u32): void {
  const length: u32 = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  if (!counting) {
    const at = newBytes + written;
    if (length == 1) store<u8>(at, codePoint);
    else if (length == 2) {
      store<u8>(at, 0xc0 | (codePoint >>> 6));
    } else if (length == 3) {
      store<u8>(at, 0xe0 | (codePoint >>> 12));
      store<u8>(at, 0x80 | ((codePoint >>> 6) & 0x3f), 1);
    } else {
      store<u8>(at, 0xf0 | (codePoint >>> 18));
      store<u8>(at, 0x80 | ((codePoint >>> 12) & 0x3f), 1);
      store<u8>(at, 0x80 | ((codePoint >>> 6) & 0x3f), 2);
    }
    if (length > 1) store<u8>(at + length - 1, 0x80 | (codePoint & 0x3f));
    putOrigins(length, from, to);
  }
  written += length;
}

/** Copies vectors: what is behind `length` is written over too, and read. */
@inline
function copy(to: usize, from: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
}

/** Writes bytes, all of one origin. */
export function putBytes(from: usize, length: u32, start: u32, end: u32): void {
  if (!counting) {
    copy(newBytes + written, from, length);
    putOrigins(length, start, end);
  }
  written += length;
}

/** Writes the bytes [start, end) of the text as they are. */
export function putSame(start: u32, end: u32): void {
  if (!counting) {
    copy(newBytes + written, bytes + start, end - start);
    copy(newOrigins + (<usize>written << 3), origins + (<usize>start << 3), <usize>(end - start) << 3);
  }
  written += end - start;
}

@inline
function putOrigins(length: u32, from: u32, to: u32): void {
  const origin = (<u64>to << 32) | from;
  const at = newOrigins + (<usize>written << 3);
  for (let i: u32 = 0; i < length; i++) store<u64>(at + (<usize>i << 3), origin);
}

@inline
export function change(): void {
  changed = true;
}

/** Writes down the origins of an unchanged text, as far as its parts go. */
function layOrigins(): bool {
  let last: u32 = 0;
  for (let part = parts; part < partsEnd; part += PART_BYTES) {
    if (load<i32>(part, 12) == NO_ID) last = load<u32>(part, 4);
  }
  const table = take(<u64>last * 8);
  if (!table) {
    failed = true;
    return false;
  }
  let unit: u32 = 0;
  for (let at: u32 = 0; at < last; ) {
    const lead = <u32>load<u8>(bytes + at);
    const length: u32 = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const to = unit + (length == 4 ? 2 : 1);
    const origin = (<u64>to << 32) | unit;
    for (const next = at + length; at < next; at++) store<u64>(table + (<usize>at << 3), origin);
    unit = to;
  }
  origins = table;
  return true;
}
