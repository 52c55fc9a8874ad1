// The compiled tokenizer: a flat little-endian file that WebAssembly reads in place. This page is its source of truth;
// it is compiled by asc and imported by TypeScript, so it holds nothing but integer constants.
//
//   header      32 bytes  magic, version, total length, XXH32 of all that follows it, number of sections, 3 × 0
//   directory   16 bytes  a section: tag, offset from the start of the file, length in bytes, 0
//   sections              each begins on a multiple of 16, in any order, none twice

export const MAGIC = 0x4b545045; // "EPTK"
export const VERSION = 1;

export const HEADER_BYTES = 32;
export const HEADER_MAGIC = 0;
export const HEADER_VERSION = 4;
export const HEADER_LENGTH = 8;
export const HEADER_CHECKSUM = 12;
export const HEADER_SECTIONS = 16;
/** The checksum covers the file from here to its end. */
export const CHECKSUM_START = 16;
export const CHECKSUM_SEED = 0;

export const DIRECTORY_ENTRY_BYTES = 16;
export const MAX_SECTIONS = 32;
export const SECTION_ALIGNMENT = 16;

// NORM: kind, flags
export const SECTION_NORMALIZER = 0x4d524f4e;
export const NORMALIZER_BYTES = 8;
export const NORMALIZER_BERT = 1;
/** A–Z become a–z. What other characters become is in the Unicode section. */
export const NORMALIZER_LOWERCASE = 1;

// SPLT: kind
export const SECTION_PRE_TOKENIZER = 0x544c5053;
export const PRE_TOKENIZER_BYTES = 4;
export const PRE_TOKENIZER_BERT = 1;

// MODL: kind, id of the unknown token, most characters of a word, trie node behind the continuation prefix
export const SECTION_MODEL = 0x4c444f4d;
export const MODEL_BYTES = 16;
export const MODEL_WORDPIECE = 1;
/** No piece begins with the continuation prefix. */
export const NO_NODE = -1;

// TRIE: the pieces of the model as a double array, id at the leaf.
//
// Units are darts-clone's (Yata, https://github.com/s-yata/darts-clone). A node steps over byte b to the unit at
// `node ^ offset ^ b`, and the step holds if that unit's label is b. Where a piece ends, the unit at `node ^ offset` is a leaf.
//
//   inner  0 ooooooooooooooooooooo x p llllllll   o offset, x offset is in steps of 256, p a piece ends here, l label
//   leaf   1 iiiiiiiiiiiiiiiiiiiiiiiiiiiiiii      i id
export const SECTION_TRIE = 0x45495254;
export const TRIE_BLOCK = 256;

// PIEC: number of ids, then for every id and one past it the offset of its UTF-8 text, then the texts
export const SECTION_PIECES = 0x43454950;
/** Set in the offset of an id that no piece has. */
export const PIECE_ABSENT = 0x40000000;
export const PIECE_OFFSET_MASK = 0x3fffffff;

// ADDT: 32 bytes of nibble tables that find bytes with which an added token may begin, then a trie of the added tokens.
// A byte b is a candidate if low[b & 15] & high[b >> 4] is not 0.
export const SECTION_ADDED_TOKENS = 0x54444441;
export const ADDED_TOKENS_FILTER_BYTES = 32;

// POST: number of steps for one text, number of steps for a pair, then the steps: kind, value, type id
export const SECTION_POST_PROCESSOR = 0x54534f50;
export const TEMPLATE_STEP_BYTES = 12;
/** Its value is a token id. */
export const TEMPLATE_SPECIAL = 0;
/** Its value is 0 for the first text, 1 for the second. */
export const TEMPLATE_SEQUENCE = 1;
export const MAX_TEMPLATE_STEPS = 1024;

// UNIC: number of blocks, number of sequence words, u16 block numbers (one for every 128 code points), u16 actions
// (128 a block), u32 sequence words. It says what normalizer and pre-tokenizer do with a code point.
export const SECTION_UNICODE = 0x43494e55;
export const UNICODE_HEADER_BYTES = 8;
export const UNICODE_BLOCK_SHIFT = 7;
export const UNICODE_BLOCK = 128;
export const UNICODE_BLOCKS = 8704; // of all 0x110000 code points

/** Part of a word, unchanged. */
export const ACTION_LETTER = 0;
/** Between words. */
export const ACTION_SPACE = 1;
/** A word of its own, unchanged. */
export const ACTION_ISOLATED = 2;
/** Not there at all. */
export const ACTION_REMOVED = 3;
/** A Hangul syllable, to be decomposed into its jamo. */
export const ACTION_HANGUL = 4;
/** From here on, unchanged and part of a word: 256 + canonical combining class. Not moved by NFD if the class is 0. */
export const ACTION_MARK = 0x100;
/** As before, but removed once it is in its place: 512 + canonical combining class. */
export const ACTION_REMOVED_MARK = 0x200;
/** From here on: the code point becomes the sequence that begins at this word, counted from here. */
export const ACTION_SEQUENCE = 0x400;

// A sequence word:  l kk cccccccc uuuuuuuuuuuuuuuuuuuuu   l last, k kind, c canonical combining class, u code point
export const SEQUENCE_CODE_POINT_MASK = 0x1fffff;
export const SEQUENCE_CLASS_SHIFT = 21;
export const SEQUENCE_KIND_SHIFT = 29;
export const SEQUENCE_LAST_SHIFT = 31;
/** More than any character becomes, so that a damaged file cannot make a text much longer. */
export const MAX_SEQUENCE = 8;

// The call: options of `encode`, codes that it and `open` answer, and the gap that the host leaves between two texts.
export const ENCODE_SPECIAL_TOKENS = 1;
export const ENCODE_TRUNCATE_LEFT = 2;
export const ENCODE_STRATEGY_SHIFT = 2;
export const ENCODE_STRATEGY_MASK = 3;
/** A text is a list of words: their number, the length of each in bytes, u32; then each on a multiple of 16, with its padding. */
export const ENCODE_WORDS = 16;
export const STRATEGY_NONE = 0;
export const STRATEGY_LONGEST_FIRST = 1;
export const STRATEGY_ONLY_FIRST = 2;
export const STRATEGY_ONLY_SECOND = 3;

export const ERROR_MEMORY = -1;
export const ERROR_DAMAGED = -2;
/** Truncation: the special tokens alone are longer than the maximum. */
export const ERROR_SPECIAL_TOKENS = -3;
/** Truncation: nothing would be left of the text that may be cut. */
export const ERROR_TOO_SHORT = -4;
/** Truncation of a second text that is not there. */
export const ERROR_NO_SECOND = -5;

/** Bytes after each text that belong to it and may be overwritten. */
export const TEXT_PADDING = 64;

/** Bytes of a token in the answer: id 4, offsets 8, word 4, then type, attention, special and sequence, 1 each. */
export const RESULT_BYTES = 20;
