// Unigram: of all ways to cut a word into pieces the one whose scores add up to most. Cost is linear in the word: from every
// character no more than the longest piece is looked at. Source: Hugging Face tokenizers, Unigram::encode_optimized, tokenize.

import {
  FLAG_BYTE_FALLBACK,
  FLAG_FUSE_UNKNOWN,
  MODEL_BYTE_IDS,
  MODEL_FLAGS,
  MODEL_SCORE_COUNT,
  MODEL_SCORES,
  MODEL_UNKNOWN,
  MODEL_UNKNOWN_SCORE,
  NO_ID,
} from '../../pipeline-format';
import { dropTokens, pushToken, reserveTokens, tokensEnd } from '../tokens';
import { exactMatch, startWalk, walked, walkedId, walkOn } from '../trie';

// For every byte of the word and its end, the best path to it: | score f64 | start u32 | id u32 |
// Nodes stand where the tokens of the word will be: each of these is written when all nodes up to its end were read, and that is
// behind it, because there are no more tokens than bytes.
const NODE: usize = 16;
const UNREACHED: u32 = 0xffffffff;

let trie: usize = 0;
let unknown: u32 = 0;
let flags: u32 = 0;
let byteIds: usize = 0;
let scores: usize = 0;
let unknownScore: f64 = 0;
let nodes: usize = 0;

export function openUnigram(model: usize, trieAt: usize, pool: usize, poolBytes: u32, ids: u32): bool {
  trie = trieAt;
  unknown = load<u32>(model, MODEL_UNKNOWN);
  flags = load<u32>(model, MODEL_FLAGS);
  const byteOffset = load<u32>(model, MODEL_BYTE_IDS);
  const scoreOffset = load<u32>(model, MODEL_SCORES);
  byteIds = pool + byteOffset;
  scores = pool + scoreOffset;
  unknownScore = load<f64>(model, MODEL_UNKNOWN_SCORE);
  if (unknown >= ids || load<u32>(model, MODEL_SCORE_COUNT) != ids) return false;
  if (<u64>byteOffset + 1024 > poolBytes || <u64>scoreOffset + <u64>ids * 8 > poolBytes) return false;
  for (let i: u32 = 0; i < 256; i++) {
    const id = load<u32>(byteIds + (<usize>i << 2));
    if (id != <u32>NO_ID && id >= ids) return false;
  }
  return true;
}

/** Appends the tokens of the word [start, end), offsets in its bytes. */
export function unigram(start: usize, end: usize): void {
  const size = <u32>(end - start);
  if (!reserveTokens(size + 1)) return;
  nodes = tokensEnd;
  store<f64>(nodes, 0);
  for (let i: u32 = 1; i <= size; i++) store<u32>(nodes + <usize>i * NODE, UNREACHED, 8);
  for (let at: u32 = 0; at < size; ) {
    const here = load<f64>(nodes + <usize>at * NODE);
    const lead = <u32>load<u8>(start + at);
    const char: u32 = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    let single = false;
    startWalk(start + at);
    while (walkOn(trie, end)) {
      const to = <u32>(walked - start);
      reachNode(to, at, here + load<f64>(scores + (<usize>walkedId << 3)), walkedId);
      if (to - at == char) single = true;
    }
    if (!single) reachNode(at + char, at, here + unknownScore, unknown);
    at += char;
  }
  emit(start, size);
}

@inline
function reachNode(to: u32, from: u32, score: f64, id: u32): void {
  const node = nodes + <usize>to * NODE;
  if (load<u32>(node, 8) != UNREACHED && !(score > load<f64>(node))) return;
  store<f64>(node, score);
  store<u32>(node, from, 8);
  store<u32>(node, id, 12);
}

/** Walks the best path back, turning it round, then writes it; neighbours that are unknown are one token. */
function emit(start: usize, size: u32): void {
  let next: u32 = size;
  for (let at = size; at > 0; ) {
    const node = nodes + <usize>at * NODE;
    const from = load<u32>(node, 8);
    store<u32>(node, next, 8); // from here on: where the token that begins here ends
    next = at;
    at = from;
  }
  // `next` is the end of the first token; the node at the end of a token knows the end of the one after it.
  let from: u32 = 0;
  while (from < size) {
    let to = next;
    let id = load<u32>(nodes + <usize>to * NODE, 12);
    next = load<u32>(nodes + <usize>to * NODE, 8);
    if (id == unknown) {
      while (flags & FLAG_FUSE_UNKNOWN && to < size && load<u32>(nodes + <usize>next * NODE, 12) == unknown) {
        to = next;
        next = load<u32>(nodes + <usize>to * NODE, 8);
      }
      const known = exactMatch(trie, start + from, start + to);
      if (known != NO_ID) id = known;
      else if (flags & FLAG_BYTE_FALLBACK && pushBytes(start, from, to)) {
        from = to;
        continue;
      }
    }
    pushToken(id, from, to);
    from = to;
  }
}

function pushBytes(start: usize, from: u32, to: u32): bool {
  const first = tokensEnd;
  for (let i = from; i < to; i++) {
    const id = load<i32>(byteIds + (<usize>load<u8>(start + i) << 2));
    if (id == NO_ID) {
      dropTokens(first);
      return false;
    }
    pushToken(id, from, to);
  }
  return true;
}
