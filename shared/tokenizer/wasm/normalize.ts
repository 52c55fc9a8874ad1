// The steps that change the text of the parts, one after the other over the whole text. Layout: ../pipeline-format.ts.
// Source of each: its namesake under Hugging Face tokenizers, normalizers/ and pre_tokenizers/.

import {
  NO_ID,
  PREPEND_ALWAYS,
  PREPEND_FIRST,
  STEP_COMPOSE,
  STEP_DECOMPOSE,
  STEP_MAP,
  STEP_METASPACE,
  STEP_PRECOMPILED,
  STEP_PREFIX_SPACE,
  STEP_PREPEND,
  STEP_REPLACE,
  STEP_STRIP,
  STEP_SURROUND,
} from '../pipeline-format';
import { findMatch, matchEnd, matchStart } from './automaton';
import { classOf, mapped } from './code-points';
import {
  bytes,
  change,
  changed,
  counting,
  endWriting,
  failed,
  here,
  originEnd,
  originStart,
  PART_BYTES,
  parts,
  partsEnd,
  putBytes,
  putChar,
  putSame,
  startCounting,
  startWriting,
} from './parts';
import { writePrecompiled } from './precompiled';
import { writeForm } from './unicode-forms';
import { codeBytes, codePoint, decode } from './utf8';

const SPACE: u32 = 0x20;
const spaceText = memory.data<u8>([0x20]);

let pool: usize = 0;
let starved: bool = false;

export function usePool(start: usize): void {
  pool = start;
}

/** Does the step to every part; false if there is not enough memory. */
export function changeText(step: usize): bool {
  starved = false;
  startCounting();
  pass(step);
  if (changed && !starved) {
    if (!startWriting()) return false;
    pass(step);
    endWriting();
  }
  return !starved && !failed;
}

function pass(step: usize): void {
  for (let part = parts; part < partsEnd; part += PART_BYTES) {
    if (load<i32>(part, 12) != NO_ID) continue;
    const start = load<u32>(part);
    const end = load<u32>(part, 4);
    const from = here();
    if (start < end) changePart(step, start, end, load<u32>(part, 8));
    if (!counting) {
      store<u32>(part, from);
      store<u32>(part, here(), 4);
    }
  }
}

function changePart(step: usize, start: u32, end: u32, shift: u32): void {
  const a = pool + load<u32>(step, 4);
  const b = pool + load<u32>(step, 8);
  const c = pool + load<u32>(step, 12);
  switch (load<u32>(step)) {
    case STEP_MAP:
      map(a, start, end);
      break;
    case STEP_DECOMPOSE:
      if (!writeForm(start, end, shift, a, b, 0)) starved = true;
      break;
    case STEP_COMPOSE:
      if (!writeForm(start, end, shift, a, b, c)) starved = true;
      break;
    case STEP_STRIP:
      strip(load<u32>(step, 4) != 0, load<u32>(step, 8) != 0, c, start, end);
      break;
    case STEP_SURROUND:
      surround(a, start, end);
      break;
    case STEP_REPLACE:
      replace(a, b, load<u32>(step, 12), start, end);
      break;
    case STEP_PREPEND:
      prepend(a, load<u32>(step, 8), start);
      putSame(start, end);
      break;
    case STEP_PRECOMPILED:
      writePrecompiled(start, end, shift, a, c, load<u32>(step, 16), pool + load<u32>(step, 20));
      break;
    case STEP_PREFIX_SPACE:
      if (load<u8>(bytes + start) != SPACE) prepend(spaceText, 1, start);
      putSame(start, end);
      break;
    case STEP_METASPACE:
      metaspace(a, load<u32>(step, 8), load<u32>(step, 12), start, end, shift);
      break;
  }
}

function map(table: usize, start: u32, end: u32): void {
  let same = start;
  for (let at = start; at < end; ) {
    decode(bytes + at);
    const words = mapped(table, codePoint);
    const next = at + codeBytes;
    if (words) {
      change();
      putSame(same, at);
      const from = counting ? 0 : originStart(at);
      const to = counting ? 0 : originEnd(at);
      const length = load<u32>(words);
      for (let i: u32 = 0; i < length; i++) putChar(load<u32>(words + (<usize>i << 2), 4), from, to);
      same = next;
    }
    at = next;
  }
  putSame(same, end);
}

function surround(classes: usize, start: u32, end: u32): void {
  let same = start;
  for (let at = start; at < end; ) {
    decode(bytes + at);
    const next = at + codeBytes;
    if (classOf(classes, codePoint)) {
      change();
      putSame(same, at);
      const from = counting ? 0 : originStart(at);
      const to = counting ? 0 : originEnd(at);
      putChar(SPACE, from, to);
      putSame(at, next);
      putChar(SPACE, from, to);
      same = next;
    }
    at = next;
  }
  putSame(same, end);
}

function strip(left: bool, right: bool, classes: usize, start: u32, end: u32): void {
  let from = start;
  let to = start;
  let leading = left;
  for (let at = start; at < end; ) {
    decode(bytes + at);
    at += codeBytes;
    if (classOf(classes, codePoint) == 0) {
      leading = false;
      to = at;
    } else if (leading) {
      from = at;
    }
  }
  if (!right) to = end;
  if (to < from) to = from;
  if (from != start || to != end) change();
  putSame(from, to);
}

/** All that replaces a match stands where the last byte of the match stood. */
function replace(automaton: usize, content: usize, length: u32, start: u32, end: u32): void {
  let at = start;
  while (findMatch(automaton, bytes + at, bytes + end)) {
    change();
    const last = <u32>(matchEnd - bytes) - 1;
    putSame(at, <u32>(matchStart - bytes));
    putBytes(content, length, counting ? 0 : originStart(last), counting ? 0 : originEnd(last));
    at = last + 1;
  }
  putSame(at, end);
}

/** Before the character at `start`, and standing where it stands. */
function prepend(content: usize, length: u32, start: u32): void {
  change();
  putBytes(content, length, counting ? 0 : originStart(start), counting ? 0 : originEnd(start));
}

function metaspace(content: usize, length: u32, scheme: u32, start: u32, end: u32, shift: u32): void {
  if (scheme == PREPEND_ALWAYS || (scheme == PREPEND_FIRST && shift == 0)) {
    if (load<u8>(bytes + start) != SPACE && !startsWith(content, length, start, end)) prepend(content, length, start);
  }
  let same = start;
  for (let from = start; from < end; from += 16) {
    // What is read behind the end is not looked at.
    let spaces = <u32>i8x16.bitmask(i8x16.eq(v128.load(bytes + from), i8x16.splat(<i8>SPACE)));
    for (; spaces; spaces &= spaces - 1) {
      const at = from + <u32>ctz(spaces);
      if (at >= end) break;
      change();
      putSame(same, at);
      putBytes(content, length, counting ? 0 : originStart(at), counting ? 0 : originEnd(at));
      same = at + 1;
    }
  }
  putSame(same, end);
}

function startsWith(content: usize, length: u32, start: u32, end: u32): bool {
  if (end - start < length) return false;
  for (let i: u32 = 0; i < length; i++) {
    if (load<u8>(bytes + start + i) != load<u8>(content + i)) return false;
  }
  return true;
}
