// The general path: BERT's normalizer and pre-tokenizer, character by character, by the actions of the Unicode section.
// Source: Hugging Face tokenizers, BertNormalizer::normalize and BertPreTokenizer. Stages that it runs one after the other
// over the whole text are one pass here, because each looks at no more than a character, or a run of marks.

import {
  ACTION_HANGUL,
  ACTION_ISOLATED,
  ACTION_LETTER,
  ACTION_MARK,
  ACTION_REMOVED,
  ACTION_SEQUENCE,
  ACTION_SPACE,
  SEQUENCE_CODE_POINT_MASK,
  SEQUENCE_KIND_SHIFT,
  SEQUENCE_LAST_SHIFT,
} from '../format';
import { classOf, pushMarks, runEnd, runEndUnit } from './marks';
import { isPlain } from './scan';
import { actionOf, sequenceOf } from './unicode';
import { codeBytes, codePoint, codeUnits, decode } from './utf8';
import { endWord, isWordEmpty, pushChar } from './words';

const HANGUL_FIRST: u32 = 0xac00;
const LEADING_FIRST: u32 = 0x1100;
const VOWEL_FIRST: u32 = 0x1161;
const TRAILING_BEFORE: u32 = 0x11a7;
const TRAILING: u32 = 28;
const VOWELS_BY_TRAILING: u32 = 588;

let at: usize = 0;
/** UTF-16 unit at which the path stopped. */
export let unit: u32 = 0;

/**
 * Reads on from byte `start`, UTF-16 unit `startUnit`, until a word has ended and plain ASCII follows, or up to `end`.
 * Returns the byte at which it stopped; `text` is the start of the text, which was scanned.
 */
export function encodeCharacters(text: usize, start: usize, startUnit: u32, end: usize): usize {
  at = start;
  unit = startUnit;
  while (at < end) {
    decode(at);
    const from = unit;
    const to = from + codeUnits;
    const action = actionOf(codePoint);
    if (isMark(action)) {
      readMarks(end, 0, from, from);
    } else {
      at += codeBytes;
      unit = to;
      if (action >= ACTION_SEQUENCE) pushSequence(sequenceOf(action), end, from, to);
      else if (action == ACTION_HANGUL) pushSyllable(codePoint - HANGUL_FIRST, from, to);
      else if (action < ACTION_REMOVED) pushKind(action, codePoint, from, to);
    }
    if (isWordEmpty() && at < end && isPlain(<u32>(at - text))) return at;
  }
  endWord();
  return at;
}

/** Whether it begins a run of marks. */
@inline
function isMark(action: i32): bool {
  if (action >= ACTION_SEQUENCE) return classOf(load<u32>(sequenceOf(action))) > 0;
  return action > ACTION_MARK && (action & 0xff) > 0;
}

function readMarks(end: usize, tail: usize, starterStart: u32, starterEnd: u32): void {
  pushMarks(at, unit, end, tail, starterStart, starterEnd);
  at = runEnd;
  unit = runEndUnit;
}

@inline
function pushKind(kind: i32, char: u32, from: u32, to: u32): void {
  if (kind != ACTION_LETTER) endWord();
  if (kind == ACTION_SPACE) return;
  pushChar(char, from, to);
  if (kind == ACTION_ISOLATED) endWord();
}

/** Each character of the sequence came from the same place, unless it is a mark that moves. */
function pushSequence(sequence: usize, end: usize, from: u32, to: u32): void {
  for (let word: u32 = 0; word >>> SEQUENCE_LAST_SHIFT == 0; sequence += 4) {
    word = load<u32>(sequence);
    if (classOf(word) > 0) {
      readMarks(end, sequence, from, to);
      return;
    }
    const kind = <i32>((word >>> SEQUENCE_KIND_SHIFT) & 3);
    if (kind != ACTION_REMOVED) pushKind(kind, word & SEQUENCE_CODE_POINT_MASK, from, to);
  }
}

/** Unicode 3.12, "Hangul Syllable Decomposition". */
function pushSyllable(index: u32, from: u32, to: u32): void {
  pushChar(LEADING_FIRST + index / VOWELS_BY_TRAILING, from, to);
  pushChar(VOWEL_FIRST + (index % VOWELS_BY_TRAILING) / TRAILING, from, to);
  if (index % TRAILING) pushChar(TRAILING_BEFORE + (index % TRAILING), from, to);
}
