// Canonical ordering of combining marks, with the alignment that Hugging Face tokenizers gives them: NFD sorts a run of
// marks by class, and NormalizedString::transform then deals out the places they came from in order of the *text*, so a
// mark that moved takes the place of another. Most marks are removed afterwards, and such a run is only read over; where
// one is kept (a few scripts, musical signs) it is read again for every class that has one. Nothing is stored.

import {
  ACTION_LETTER,
  ACTION_MARK,
  ACTION_REMOVED,
  ACTION_REMOVED_MARK,
  ACTION_SEQUENCE,
  SEQUENCE_CLASS_SHIFT,
  SEQUENCE_CODE_POINT_MASK,
  SEQUENCE_KIND_SHIFT,
  SEQUENCE_LAST_SHIFT,
} from '../format';
import { actionOf, sequenceOf } from './unicode';
import { codeBytes, codePoint, codeUnits, decode } from './utf8';
import { pushChar } from './words';

const CLASSES: u32 = 256;
/** For every class, how many marks of it begin a character of the text, and whether any is kept. */
const counts = memory.data(1024, 16);
const keeps = memory.data(256, 16);

/** Where reading stands: next byte and its UTF-16 unit, and the rest of the sequence of the character before, or 0. */
let at: usize = 0;
let unit: u32 = 0;
let rest: usize = 0;

/** The mark that was read. */
let markCodePoint: u32 = 0;
let markClass: u32 = 0;
let markKept: bool = false;
let markBegins: bool = false;

/** Where the places are dealt out: next byte, its UTF-16 unit, number of characters before it, and the last one's units. */
let placeAt: usize = 0;
let placeUnit: u32 = 0;
let placeCount: u32 = 0;
let placeStart: u32 = 0;
let placeEnd: u32 = 0;

/** What a run ends at. */
export let runEnd: usize = 0;
export let runEndUnit: u32 = 0;

/**
 * Adds the marks from byte `start` (UTF-16 unit `startUnit`) up to the next starter or `end` to the word, and leaves the
 * place after them in `runEnd` and `runEndUnit`. `tail` is the rest of the sequence that the starter before them became,
 * which stands at the units [starterStart, starterEnd); 0 if there is none.
 */
export function pushMarks(
  start: usize,
  startUnit: u32,
  end: usize,
  tail: usize,
  starterStart: u32,
  starterEnd: u32,
): void {
  at = start;
  unit = startUnit;
  rest = tail;
  let anyKept = false;
  while (readMark(end)) anyKept = anyKept || markKept;
  runEnd = at;
  runEndUnit = unit;
  if (!anyKept) return;

  count(start, startUnit, tail);
  placeAt = start;
  placeUnit = startUnit;
  placeCount = 0;
  placeStart = starterStart;
  placeEnd = starterEnd;
  let before: u32 = 0;
  for (let c: u32 = 0; c < CLASSES; c++) {
    if (load<u8>(keeps + c)) pushClass(c, before, start, startUnit, tail);
    before += load<u32>(counts + (c << 2));
  }
}

function count(start: usize, startUnit: u32, tail: usize): void {
  memory.fill(counts, 0, CLASSES * 4);
  memory.fill(keeps, 0, CLASSES);
  at = start;
  unit = startUnit;
  rest = tail;
  while (readMark(runEnd)) {
    if (markBegins) store<u32>(counts + (markClass << 2), load<u32>(counts + (markClass << 2)) + 1);
    if (markKept) store<u8>(keeps + markClass, 1);
  }
}

/** `before`: how many characters of the run come first because their class is smaller. */
function pushClass(wanted: u32, before: u32, start: usize, startUnit: u32, tail: usize): void {
  at = start;
  unit = startUnit;
  rest = tail;
  let rank = before;
  while (readMark(runEnd)) {
    if (markClass != wanted) continue;
    if (markBegins) rank++;
    if (!markKept) continue;
    while (placeCount < rank) advancePlace();
    pushChar(markCodePoint, placeStart, placeEnd);
  }
}

/** Reads the next mark of the run; false at its end. Removed characters are stepped over. */
function readMark(end: usize): bool {
  if (rest) {
    markBegins = false;
    readWord();
    return true;
  }
  while (at < end) {
    decode(at);
    const action = actionOf(codePoint);
    if (action >= ACTION_SEQUENCE) {
      const sequence = sequenceOf(action);
      if (classOf(load<u32>(sequence)) == 0) return false;
      rest = sequence;
      readWord();
    } else if (action > ACTION_MARK) {
      markKept = action < ACTION_REMOVED_MARK;
      markClass = action & 0xff;
      markCodePoint = codePoint;
      if (markClass == 0) return false;
    } else if (action != ACTION_REMOVED) {
      return false;
    }
    at += codeBytes;
    unit += codeUnits;
    markBegins = true;
    if (action != ACTION_REMOVED) return true;
  }
  return false;
}

function readWord(): void {
  const word = load<u32>(rest);
  rest = word >>> SEQUENCE_LAST_SHIFT ? 0 : rest + 4;
  markCodePoint = word & SEQUENCE_CODE_POINT_MASK;
  markClass = classOf(word);
  markKept = ((word >>> SEQUENCE_KIND_SHIFT) & 3) == ACTION_LETTER;
}

function advancePlace(): void {
  for (;;) {
    decode(placeAt);
    const removed = actionOf(codePoint) == ACTION_REMOVED;
    placeStart = placeUnit;
    placeEnd = placeUnit + codeUnits;
    placeAt += codeBytes;
    placeUnit = placeEnd;
    if (!removed) break;
  }
  placeCount++;
}

@inline
export function classOf(word: u32): u32 {
  return (word >>> SEQUENCE_CLASS_SHIFT) & 0xff;
}
