// The general pipeline in a compiled tokenizer: sections that stand beside those of format.ts where a tokenizer is not the BERT
// family's. Integer constants only, as there. Offsets below count bytes from the start of the pool and are multiples of 4.

// PIPE: number of normalizer steps, number of pre-tokenizer steps, then the steps: kind and five operands
export const SECTION_PIPELINE = 0x45504950;
export const STEP_BYTES = 24;
export const MAX_STEPS = 64;

/** Characters by a map. Operand: map. */
export const STEP_MAP = 1;
/** NFD, NFKD. Operands: map, classes (canonical combining classes). */
export const STEP_DECOMPOSE = 2;
/** NFC, NFKC. Operands: map, classes, pairs. */
export const STEP_COMPOSE = 3;
/** Operands: whether left, whether right, classes (1 is a space). */
export const STEP_STRIP = 4;
/** Operands: automaton, content, its length. */
export const STEP_REPLACE = 5;
/** Before the text if it is not empty. Operands: content, its length. */
export const STEP_PREPEND = 6;
/** SentencePiece. Operands: trie, its length, texts, their length, classes (of grapheme clusters). */
export const STEP_PRECOMPILED = 7;
/** A space on either side of some characters. Operand: classes (1 is one of them). */
export const STEP_SURROUND = 8;
/** Operands: automaton, behaviour, whether what does not match is the delimiter. */
export const STEP_SPLIT = 16;
/** A space before each part that does not begin with one. */
export const STEP_PREFIX_SPACE = 17;
/** Spaces become the content. Operands: content, its length, when it is put before a part. */
export const STEP_METASPACE = 18;
/** Operand: classes. */
export const STEP_SCRIPTS = 19;

export const BEHAVIOUR_REMOVED = 0;
export const BEHAVIOUR_ISOLATED = 1;
export const BEHAVIOUR_PREVIOUS = 2;
export const BEHAVIOUR_NEXT = 3;
export const BEHAVIOUR_CONTIGUOUS = 4;

export const PREPEND_NEVER = 0;
export const PREPEND_FIRST = 1;
export const PREPEND_ALWAYS = 2;

export const GRAPHEME_EXTEND = 1;
export const GRAPHEME_PREPEND = 2;
export const GRAPHEME_CONTROL = 3;

// POOL: what steps and models name by offset.
//
//   classes    number of blocks, 8704 u16 block numbers, then u8 classes, 128 a block
//   map        number of blocks, number of words, 8704 u16 block numbers, u16 entries, 128 a block, then u32 words
//              an entry is 0 (unchanged) or 1 + index of a word that says how many code points follow
//   pairs      slots - 1 (slots are a power of two), then slots: first, second, composed; an empty slot is all 0
//   automaton  number of states, number of classes, classes (offset), then u16 transitions, a row for every state: by the
//              class of the next code point, and last by the end of the text. State 0 begins.
export const SECTION_POOL = 0x4c4f4f50;
/** The state in which nothing more can match. */
export const DEAD_STATE = 0x7fff;
/** In a transition: the text before this code point is a match, better than any shorter one. */
export const MATCH_BEFORE = 0x8000;
export const MAX_MAPPED = 32;

// MODL: kind, then words of the model
export const MODEL_BPE = 2;
export const MODEL_UNIGRAM = 3;
export const MODEL_WORDLEVEL = 4;
export const GENERAL_MODEL_BYTES = 64;
/** Word 1 of each model; NO_ID where there is none. */
export const MODEL_UNKNOWN = 4;
export const NO_ID = -1;
/** BPE and Unigram. */
export const MODEL_FLAGS = 8;
export const FLAG_BYTE_LEVEL = 1;
export const FLAG_BYTE_FALLBACK = 2;
export const FLAG_FUSE_UNKNOWN = 4;
export const FLAG_IGNORE_MERGES = 8;
/** Offset of 256 ids: of bytes where the model is byte-level, of `<0x00>` … where it falls back to bytes. */
export const MODEL_BYTE_IDS = 12;
/** BPE: slots - 1 and offset of the merges (left, right, rank), then offset and number of their results by rank. */
export const MODEL_MERGE_MASK = 16;
export const MODEL_MERGES = 20;
export const MODEL_MERGED = 24;
export const MODEL_MERGE_COUNT = 28;
/** BPE: offsets and lengths of the continuation prefix and of the suffix that ends a word. */
export const MODEL_PREFIX = 32;
export const MODEL_PREFIX_LENGTH = 36;
export const MODEL_SUFFIX = 40;
export const MODEL_SUFFIX_LENGTH = 44;
export const MAX_AFFIX = 32;
/** Unigram: offset of f64 scores by id, their number, and the score of an unknown character (f64). */
export const MODEL_SCORES = 16;
export const MODEL_SCORE_COUNT = 20;
export const MODEL_UNKNOWN_SCORE = 24;

// ADDN: added tokens that the general pipeline finds. Number of records, of which the first are looked for in the raw text,
// their number, then records: id, flags, offset of the content in this section, its length. Then a trie (offset from here in the
// word after the two counts) over the first kind, whose leaves are numbers of records. Then the classes (pool).
export const SECTION_ADDED_RECORDS = 0x4e444441;
export const ADDED_HEADER_BYTES = 24;
export const ADDED_RECORD_BYTES = 16;
export const ADDED_SINGLE_WORD = 1;
export const ADDED_LSTRIP = 2;
export const ADDED_RSTRIP = 4;
/** Classes around added tokens. */
export const AROUND_WORD = 1;
export const AROUND_SPACE = 2;

// TRIM: whether a prefix space was added, then for every id the spaces with which its text begins and ends, u8 each
export const SECTION_TRIM = 0x4d495254;

/** FNV-1a over two words, then mixed: the slot of a pair. */
export const PAIR_MULTIPLIER_A = 0x9e3779b1;
export const PAIR_MULTIPLIER_B = 0x85ebca77;
