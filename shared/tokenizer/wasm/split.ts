// The steps that cut parts into smaller ones. Source: Hugging Face tokenizers, NormalizedString::split and UnicodeScripts.

import {
  BEHAVIOUR_CONTIGUOUS,
  BEHAVIOUR_NEXT,
  BEHAVIOUR_PREVIOUS,
  BEHAVIOUR_REMOVED,
  NO_ID,
} from '../pipeline-format';
import { findMatch, matchEnd, matchStart } from './automaton';
import { classOf } from './code-points';
import {
  bytes,
  endReplacing,
  failed,
  oldParts,
  oldPartsEnd,
  PART_BYTES,
  pushPart,
  pushSlice,
  rewind,
  startReplacing,
} from './parts';
import { codeBytes, codePoint, decode } from './utf8';

const NOTHING: u32 = 0xffffffff;

/** The piece that may still grow, and whether the one before was a delimiter. */
let openStart: u32 = NOTHING;
let openEnd: u32 = 0;
let openDelimits: bool = false;

export function splitByPattern(automaton: usize, behaviour: u32, invert: bool): bool {
  startReplacing();
  rewind();
  for (let part = oldParts; part < oldPartsEnd; part += PART_BYTES) {
    const start = load<u32>(part);
    const end = load<u32>(part, 4);
    const id = load<i32>(part, 12);
    if (id != NO_ID) {
      pushPart(start, end, load<u32>(part, 8), id);
      continue;
    }
    openStart = NOTHING;
    openDelimits = false;
    let at = start;
    while (at < end && findMatch(automaton, bytes + at, bytes + end)) {
      const from = <u32>(matchStart - bytes);
      const to = <u32>(matchEnd - bytes);
      if (at < from) push(behaviour, at, from, invert);
      push(behaviour, from, to, !invert);
      at = to;
    }
    if (at < end) push(behaviour, at, end, invert);
    if (openStart != NOTHING) pushSlice(openStart, openEnd);
  }
  endReplacing();
  return !failed;
}

@inline
function push(behaviour: u32, start: u32, end: u32, delimits: bool): void {
  if (behaviour == BEHAVIOUR_REMOVED) {
    if (!delimits) pushSlice(start, end);
    return;
  }
  const grows =
    behaviour == BEHAVIOUR_CONTIGUOUS
      ? delimits == openDelimits
      : behaviour == BEHAVIOUR_PREVIOUS
        ? delimits && !openDelimits
        : behaviour == BEHAVIOUR_NEXT && openDelimits && !delimits;
  openDelimits = delimits;
  if (openStart != NOTHING && grows) {
    openEnd = end;
    return;
  }
  if (openStart != NOTHING) pushSlice(openStart, openEnd);
  openStart = start;
  openEnd = end;
}

/** Where the script changes; characters of any script belong to the one before. */
export function splitByScript(scripts: usize): bool {
  startReplacing();
  rewind();
  for (let part = oldParts; part < oldPartsEnd; part += PART_BYTES) {
    const start = load<u32>(part);
    const end = load<u32>(part, 4);
    const id = load<i32>(part, 12);
    if (id != NO_ID) {
      pushPart(start, end, load<u32>(part, 8), id);
      continue;
    }
    // The reference begins the first piece at the first character that has a script: what stands before it is lost.
    let from = NOTHING;
    let last: u32 = 0;
    for (let at = start; at < end; ) {
      decode(bytes + at);
      const script = classOf(scripts, codePoint);
      if (script != 0 && script != last) {
        if (from != NOTHING) pushSlice(from, at);
        from = at;
      }
      if (script != 0) last = script;
      at += codeBytes;
    }
    if (from != NOTHING) pushSlice(from, end);
  }
  endReplacing();
  return !failed;
}
