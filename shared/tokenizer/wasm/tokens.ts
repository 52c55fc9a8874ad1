// The tokens of this call, one record after the other, growing at the top of memory:
//
//   | id u32 | start u32 | end u32 | word u32 |
//
// A model appends them with offsets in bytes of the word; words.ts turns these into UTF-16 units and adds the word.

import { reach, startWork, take, top } from './memory';

export const TOKEN_BYTES: u32 = 16;

let base: usize = 0;
/** Where the next token goes. */
export let tokensEnd: usize = 0;
/** Set when memory gave out: what was encoded is not whole. */
export let outOfMemory: bool = false;

/** Begins behind everything that this call has taken. */
export function startTokens(): void {
  base = take(0);
  tokensEnd = base;
  outOfMemory = base == 0;
}

/** Makes room for `count` more tokens. */
@inline
export function reserveTokens(count: u32): bool {
  const end = <u64>tokensEnd + <u64>count * TOKEN_BYTES;
  if (reach(end)) return true;
  outOfMemory = true;
  return false;
}

/** Needs room that was reserved. */
@inline
export function pushToken(id: u32, start: u32, end: u32): void {
  store<u32>(tokensEnd, id);
  store<u32>(tokensEnd, start, 4);
  store<u32>(tokensEnd, end, 8);
  tokensEnd += TOKEN_BYTES;
}

/** Forgets the tokens from `at` on. */
@inline
export function dropTokens(at: usize): void {
  tokensEnd = at;
}

/** Ends the growing: what is taken from now on lies behind the tokens. Returns the first. */
export function closeTokens(): usize {
  startWork(max(top, tokensEnd));
  return base;
}
