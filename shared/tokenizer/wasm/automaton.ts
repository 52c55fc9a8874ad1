// Runs a regular expression that the compiler made into an automaton. Layout: ../pipeline-format.ts. A transition says of the
// text before a code point whether it is a match, so that a lookahead of one code point needs no step of its own; the last
// one that did is the match that a backtracking engine would find.

import { DEAD_STATE, MATCH_BEFORE } from '../pipeline-format';
import { areClassesSound, asciiClasses, classOf } from './code-points';
import { codeBytes, codePoint, decode } from './utf8';

const HEADER: usize = 16;

/** The match that was found. */
export let matchStart: usize = 0;
export let matchEnd: usize = 0;

/** Looks for the first match in [at, end) that begins at `at` or later. No match is empty. */
export function findMatch(automaton: usize, at: usize, end: usize): bool {
  const classes = load<u32>(automaton, 4);
  const table = automaton + load<u32>(automaton, 8);
  const ascii = asciiClasses(table);
  const rows = automaton + HEADER;
  const rowBytes = (classes + 1) << 1;
  while (at < end) {
    // ASCII with which no match begins is passed over at once.
    while (load<u8>(at) < 0x80 && load<u16>(rows + (<usize>load<u8>(ascii + load<u8>(at)) << 1)) == DEAD_STATE) {
      if (++at == end) return false;
    }
    matchEnd = at;
    let state: u32 = 0;
    let next = at;
    while (state != DEAD_STATE) {
      let entry: u32;
      const here = next;
      if (next >= end) {
        entry = (<u32>load<u16>(rows + <usize>state * rowBytes + (<usize>classes << 1)) & MATCH_BEFORE) | DEAD_STATE;
      } else {
        const byte = <u32>load<u8>(next);
        let kind: u32;
        if (byte < 0x80) {
          next++;
          kind = load<u8>(ascii + byte);
        } else {
          decode(next);
          next += codeBytes;
          kind = classOf(table, codePoint);
        }
        entry = load<u16>(rows + <usize>state * rowBytes + (<usize>kind << 1));
      }
      if (entry & MATCH_BEFORE) matchEnd = here;
      state = entry & DEAD_STATE;
    }
    if (matchEnd > at) {
      matchStart = at;
      return true;
    }
    decode(at);
    at += codeBytes;
  }
  return false;
}

/** Whether an automaton lies in [automaton, end), with every state that it names, and its classes in [start, end). */
export function isAutomatonSound(automaton: usize, start: usize, end: usize): bool {
  if (automaton > end || end - automaton < HEADER) return false;
  const states = load<u32>(automaton);
  const classes = load<u32>(automaton, 4);
  const table = load<u32>(automaton, 8);
  if (states == 0 || states >= <u32>DEAD_STATE || classes == 0 || classes > 256) return false;
  if (<u64>states * (classes + 1) * 2 > <u64>(end - automaton - HEADER) || automaton + table < start) return false;
  for (let i: u32 = 0; i < states * (classes + 1); i++) {
    const state = <u32>load<u16>(automaton + HEADER + (<usize>i << 1)) & DEAD_STATE;
    if (state != DEAD_STATE && state >= states) return false;
  }
  return areClassesSound(automaton + table, end, classes);
}
