// The compiled tokenizer in memory: where its sections are. `openTables` proves of every number in it that using it
// cannot leave the memory that was given; after that nobody checks again. The layout is in ../format.ts.

import {
  ADDED_TOKENS_FILTER_BYTES,
  CHECKSUM_SEED,
  CHECKSUM_START,
  DIRECTORY_ENTRY_BYTES,
  HEADER_BYTES,
  HEADER_CHECKSUM,
  HEADER_LENGTH,
  HEADER_MAGIC,
  HEADER_SECTIONS,
  HEADER_VERSION,
  MAGIC,
  MAX_SECTIONS,
  MODEL_BYTES,
  MODEL_WORDPIECE,
  NO_NODE,
  NORMALIZER_BERT,
  NORMALIZER_BYTES,
  NORMALIZER_LOWERCASE,
  PIECE_OFFSET_MASK,
  PRE_TOKENIZER_BERT,
  PRE_TOKENIZER_BYTES,
  SECTION_ADDED_TOKENS,
  SECTION_ALIGNMENT,
  SECTION_MODEL,
  SECTION_NORMALIZER,
  SECTION_PIECES,
  SECTION_POST_PROCESSOR,
  SECTION_PRE_TOKENIZER,
  SECTION_TRIE,
  SECTION_UNICODE,
  VERSION,
} from '../format';
import {
  ADDED_HEADER_BYTES,
  GENERAL_MODEL_BYTES,
  MODEL_BPE,
  MODEL_UNIGRAM,
  MODEL_WORDLEVEL,
  SECTION_ADDED_RECORDS,
  SECTION_PIPELINE,
  SECTION_POOL,
  SECTION_TRIM,
} from '../pipeline-format';
import { openAddedRecords } from './added-tokens';
import { xxh32 } from './checksum';
import { openBpe } from './models/bpe';
import { openUnigram } from './models/unigram';
import { openSteps } from './pipeline';
import { isTemplateSound } from './template';
import { isInner, isTrieSound } from './trie';
import { closeTrim, openTrim } from './trim';
import { isUnicodeSound } from './unicode';

export let lowercase: bool = false;
export let unknownId: u32 = 0;
export let maxCharsPerWord: u32 = 0;
export let continuation: i32 = NO_NODE;
export let trie: usize = 0;
export let pieces: usize = 0;
export let pieceCount: u32 = 0;
export let addedFilter: usize = 0;
export let addedTrie: usize = 0;
export let modelKind: u32 = 0;
/** Whether the text goes the general way; otherwise it is of the BERT family. */
export let general: bool = false;

let trieBytes: u32 = 0;
let found: usize = 0;
let foundBytes: u32 = 0;

/** Whether `[start, start + length)` is a whole compiled tokenizer. */
export function openTables(start: usize, length: u32): bool {
  if (length < <u32>HEADER_BYTES || load<u32>(start, HEADER_MAGIC) != MAGIC) return false;
  if (load<u32>(start, HEADER_VERSION) != VERSION || load<u32>(start, HEADER_LENGTH) != length) return false;
  if (load<u32>(start, HEADER_CHECKSUM) != xxh32(start + CHECKSUM_START, start + length, CHECKSUM_SEED)) return false;
  const sections = load<u32>(start, HEADER_SECTIONS);
  if (sections > <u32>MAX_SECTIONS || length < <u32>HEADER_BYTES + sections * DIRECTORY_ENTRY_BYTES) return false;
  general = find(start, length, SECTION_PIPELINE, 8);
  return (
    openPieces(start, length) &&
    openTrie(start, length) &&
    openAddedTokens(start, length) &&
    find(start, length, SECTION_POST_PROCESSOR, 8) &&
    isTemplateSound(found, foundBytes, pieceCount) &&
    openTrimming(start, length) &&
    (general ? openGeneral(start, length) : openBert(start, length))
  );
}

function openBert(start: usize, length: u32): bool {
  return (
    openNormalizer(start, length) &&
    openWordpiece(start, length) &&
    find(start, length, SECTION_PRE_TOKENIZER, PRE_TOKENIZER_BYTES) &&
    load<u32>(found) == PRE_TOKENIZER_BERT &&
    find(start, length, SECTION_UNICODE, 8) &&
    isUnicodeSound(found, foundBytes)
  );
}

function openGeneral(start: usize, length: u32): bool {
  if (!find(start, length, SECTION_POOL, 0)) return false;
  const pool = found;
  const poolBytes = foundBytes;
  return (
    find(start, length, SECTION_PIPELINE, 8) &&
    openSteps(found, foundBytes, pool, poolBytes) &&
    find(start, length, SECTION_ADDED_RECORDS, ADDED_HEADER_BYTES) &&
    openAddedRecords(found, foundBytes, pool, pool + poolBytes, pieceCount) &&
    openModel(start, length, pool, poolBytes)
  );
}

function openModel(start: usize, length: u32, pool: usize, poolBytes: u32): bool {
  if (!find(start, length, SECTION_MODEL, MODEL_BYTES)) return false;
  modelKind = load<u32>(found);
  if (modelKind == MODEL_WORDPIECE) return openWordpiece(start, length);
  if (foundBytes < <u32>GENERAL_MODEL_BYTES) return false;
  unknownId = load<u32>(found, 4);
  if (modelKind == MODEL_BPE) return openBpe(found, trie, pool, poolBytes, pieceCount);
  if (modelKind == MODEL_UNIGRAM) return openUnigram(found, trie, pool, poolBytes, pieceCount);
  return modelKind == MODEL_WORDLEVEL && unknownId < pieceCount;
}

/** The section may be missing. */
function openTrimming(start: usize, length: u32): bool {
  closeTrim();
  return !find(start, length, SECTION_TRIM, 4) || openTrim(found, foundBytes, pieceCount);
}

/** Leaves the section `tag`, of at least `least` bytes, in `found` and `foundBytes`. */
function find(start: usize, length: u32, tag: u32, least: u32): bool {
  const end = start + HEADER_BYTES + load<u32>(start, HEADER_SECTIONS) * DIRECTORY_ENTRY_BYTES;
  for (let entry = start + HEADER_BYTES; entry < end; entry += DIRECTORY_ENTRY_BYTES) {
    if (load<u32>(entry) != tag) continue;
    const offset = load<u32>(entry, 4);
    foundBytes = load<u32>(entry, 8);
    found = start + offset;
    return offset % SECTION_ALIGNMENT == 0 && offset <= length && foundBytes <= length - offset && foundBytes >= least;
  }
  return false;
}

function openPieces(start: usize, length: u32): bool {
  if (!find(start, length, SECTION_PIECES, 8)) return false;
  pieces = found;
  pieceCount = load<u32>(found);
  if (pieceCount == 0 || pieceCount > (foundBytes - 8) / 4) return false;
  const texts = foundBytes - 4 * (pieceCount + 2);
  let previous: u32 = 0;
  for (let id: u32 = 0; id <= pieceCount; id++) {
    const offset = load<u32>(found + 4 * (id + 1)) & PIECE_OFFSET_MASK;
    if (offset < previous || offset > texts) return false;
    previous = offset;
  }
  return true;
}

function openNormalizer(start: usize, length: u32): bool {
  if (!find(start, length, SECTION_NORMALIZER, NORMALIZER_BYTES) || load<u32>(found) != NORMALIZER_BERT) return false;
  lowercase = (load<u32>(found, 4) & NORMALIZER_LOWERCASE) != 0;
  return true;
}

function openTrie(start: usize, length: u32): bool {
  if (!find(start, length, SECTION_TRIE, 4)) return false;
  trie = found;
  trieBytes = foundBytes;
  return isTrieSound(trie, trieBytes, pieceCount);
}

function openWordpiece(start: usize, length: u32): bool {
  if (!find(start, length, SECTION_MODEL, MODEL_BYTES) || load<u32>(found) != MODEL_WORDPIECE) return false;
  unknownId = load<u32>(found, 4);
  maxCharsPerWord = load<u32>(found, 8);
  continuation = load<i32>(found, 12);
  return unknownId < pieceCount && (continuation == NO_NODE || isInner(trie, trieBytes, continuation));
}

function openAddedTokens(start: usize, length: u32): bool {
  if (!find(start, length, SECTION_ADDED_TOKENS, ADDED_TOKENS_FILTER_BYTES)) return false;
  addedFilter = found;
  addedTrie = found + ADDED_TOKENS_FILTER_BYTES;
  return isTrieSound(addedTrie, foundBytes - ADDED_TOKENS_FILTER_BYTES, pieceCount);
}
