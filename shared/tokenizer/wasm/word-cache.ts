// What became of short words, for when they come again: most words of a text do. Each word has two places, by its hash. One that
// comes again goes to the first of them, and a new one to the second, so that words which come once do not drive it out; what is found
// is what the model would give, so nothing of one text can be seen in another.
//
//   | the word's bytes, zeros behind them 16 | ids of its tokens 6 × u32 | their ends 6 × u8 | its length u8 | tokens u8 |

import { take } from './memory';
import { pushToken, reserveTokens, TOKEN_BYTES, tokensEnd } from './tokens';

/** Pairs of places. */
const PAIRS: u32 = 4096;
const ENTRY: usize = 48;
const IDS: usize = 16;
const ENDS: usize = 40;
const LENGTH: usize = 46;
const COUNT: usize = 47;
const LONGEST: u32 = 16;
const MOST_TOKENS: u32 = 6;

/** Bytes of ones, then of zeros: read from 16 - n on, the mask of n bytes. */
const mask = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

let cache: usize = 0;
/** The first place of the word that was looked for last. */
let place: usize = 0;
let key: v128 = i64x2.splat(0);

/** Takes room for an empty cache; false if there is not enough memory. */
export function startWordCache(): bool {
  const bytes = <usize>PAIRS * 2 * ENTRY;
  cache = take(bytes);
  if (!cache) return false;
  memory.fill(cache, 0, bytes);
  return true;
}

/** Appends the tokens of the word [start, end), if it is known. 16 bytes from `start` on must be inside the memory. */
@inline
export function recall(start: usize, end: usize): bool {
  const length = <u32>(end - start);
  if (length > LONGEST) return false;
  key = v128.and(v128.load(start), v128.load(mask + (LONGEST - length)));
  const mixed = (i64x2.extract_lane(key, 0) ^ (i64x2.extract_lane(key, 1) * 0x9e3779b97f4a7c15)) * 0xd6e8feb86659fd93;
  place = cache + <usize>((<u64>mixed >>> 40) & (PAIRS - 1)) * (2 * ENTRY);
  if (!isAt(place, length)) {
    if (!isAt(place + ENTRY, length)) return false;
    promote();
  }
  if (!reserveTokens(MOST_TOKENS)) return false;
  const count = <u32>load<u8>(place, COUNT);
  let from: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const to = <u32>load<u8>(place + i, ENDS);
    pushToken(load<u32>(place + (<usize>i << 2), IDS), from, to);
    from = to;
  }
  return true;
}

@inline
function isAt(entry: usize, length: u32): bool {
  return <u32>load<u8>(entry, LENGTH) == length && !v128.any_true(v128.xor(key, v128.load(entry)));
}

/** Changes the two places for one another. */
function promote(): void {
  for (let at = place; at < place + ENTRY; at += 16) {
    const first = v128.load(at);
    v128.store(at, v128.load(at + ENTRY));
    v128.store(at + ENTRY, first);
  }
}

/** Keeps the tokens from `token` on, which are all that became of the word that was last looked for, if they follow one another. */
export function remember(length: u32, token: usize): void {
  const count = <u32>(tokensEnd - token) / TOKEN_BYTES;
  if (length > LONGEST || count > MOST_TOKENS) return;
  let from: u32 = 0;
  for (let at = token; at < tokensEnd; at += TOKEN_BYTES) {
    if (load<u32>(at, 4) != from) return;
    from = load<u32>(at, 8);
  }
  if (load<u8>(place, LENGTH)) place += ENTRY;
  v128.store(place, key);
  store<u8>(place, length, LENGTH);
  store<u8>(place, count, COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const at = token + <usize>i * TOKEN_BYTES;
    store<u32>(place + (<usize>i << 2), load<u32>(at), IDS);
    store<u8>(place + i, load<u32>(at, 8), ENDS);
  }
}
