// What a BertNormalizer with given flags, followed by a BertPreTokenizer, does with each code point: the Unicode section.
// Source of truth: unicode-data.ts, asked of Hugging Face tokenizers. The layout is in shared/tokenizer/format.ts.

import {
  ACTION_HANGUL,
  ACTION_ISOLATED,
  ACTION_LETTER,
  ACTION_MARK,
  ACTION_REMOVED,
  ACTION_REMOVED_MARK,
  ACTION_SEQUENCE,
  ACTION_SPACE,
  MAX_SEQUENCE,
  SEQUENCE_CLASS_SHIFT,
  SEQUENCE_KIND_SHIFT,
  SEQUENCE_LAST_SHIFT,
  UNICODE_BLOCK,
  UNICODE_BLOCKS,
  UNICODE_HEADER_BYTES,
} from '../../shared/tokenizer/format.ts';
import * as data from './unicode-data.ts';
import { keyOfTable, parseMappings, parseRangeTable } from './unicode-packing.ts';

export interface BertNormalizerFlags {
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

interface Character {
  readonly codePoint: number;
  readonly kind: typeof ACTION_LETTER | typeof ACTION_SPACE | typeof ACTION_ISOLATED | typeof ACTION_REMOVED;
  readonly combiningClass: number;
}

const SPACE = 0x20;
const HANGUL_FIRST = 0xac00;
const HANGUL_LAST = 0xd7a3;

/** The bytes of the section. */
export function compileUnicodeTables(flags: BertNormalizerFlags): Uint8Array<ArrayBuffer> {
  const actions = new Uint16Array(UNICODE_BLOCKS * UNICODE_BLOCK);
  const words: number[] = [];
  const known = new Map<string, number>();
  for (let codePoint = 0; codePoint < actions.length; codePoint++) {
    if (isPlain(codePoint)) {
      actions[codePoint] = ACTION_LETTER;
      continue;
    }
    actions[codePoint] = actionOf(codePoint, flags, (sequence) => {
      const key = sequence.join();
      let at = known.get(key);
      if (at === undefined) {
        at = words.length;
        known.set(key, at);
        words.push(...sequence);
      }
      return ACTION_SEQUENCE + at;
    });
  }
  checkAscii(actions, words, flags);
  if (ACTION_SEQUENCE + words.length > 0xffff) throw new Error('the Unicode sequences do not fit 16 bits');
  return pack(actions, words);
}

/** Whether no table knows of the code point, as of most. */
function isPlain(codePoint: number): boolean {
  return (
    !(
      REMOVED[codePoint] ||
      SPACED[codePoint] ||
      IDEOGRAPHS[codePoint] ||
      NONSPACING[codePoint] ||
      COMBINING_CLASSES[codePoint] ||
      WHITESPACE[codePoint] ||
      PUNCTUATION[codePoint] ||
      (codePoint >= HANGUL_FIRST && codePoint <= HANGUL_LAST)
    ) &&
    !LOWERCASE.has(codePoint) &&
    !DECOMPOSITIONS.has(codePoint)
  );
}

/** shared/tokenizer/wasm/scan.ts reads printable ASCII and spaces without these tables: they must say the same. */
function checkAscii(actions: Uint16Array, words: readonly number[], flags: BertNormalizerFlags): void {
  for (const codePoint of [0x09, 0x0a, 0x0d, ...Array.from({ length: 95 }, (_, i) => SPACE + i)]) {
    const char = String.fromCharCode(codePoint);
    const action = actions[codePoint] ?? ACTION_REMOVED;
    const word = words[action - ACTION_SEQUENCE] ?? 0;
    const agrees =
      flags.lowercase && /[A-Z]/.test(char)
        ? word === ((1 << SEQUENCE_LAST_SHIFT) | (codePoint + 0x20)) >>> 0
        : action === (/\s/.test(char) ? ACTION_SPACE : /[A-Za-z0-9]/.test(char) ? ACTION_LETTER : ACTION_ISOLATED);
    if (!agrees) throw new Error(`the SIMD path does not fit U+${codePoint.toString(16)}`);
  }
}

function actionOf(
  codePoint: number,
  flags: BertNormalizerFlags,
  addSequence: (words: readonly number[]) => number,
): number {
  if (flags.cleanText && REMOVED[codePoint] === 1) return ACTION_REMOVED;
  const cleaned = flags.cleanText && SPACED[codePoint] === 1 ? SPACE : codePoint;
  const ideograph = flags.handleChineseChars && IDEOGRAPHS[cleaned] === 1;
  // Nearly all of them, and they are nearly all that any table knows of.
  if (ideograph && !DECOMPOSITIONS.has(cleaned) && !LOWERCASE.has(cleaned)) return ACTION_ISOLATED;
  if (flags.stripAccents && cleaned >= HANGUL_FIRST && cleaned <= HANGUL_LAST) return ACTION_HANGUL;

  const decomposed = flags.stripAccents ? (DECOMPOSITIONS.get(cleaned) ?? [cleaned]) : [cleaned];
  const spaced = ideograph ? [SPACE, ...decomposed, SPACE] : decomposed;
  const characters = spaced.flatMap((c) => charactersOf(c, flags));
  const [only] = characters;
  if (ideograph && characters.length === 3 && decomposed[0] === codePoint) return ACTION_ISOLATED;
  if (characters.length === 1 && only !== undefined) {
    if (only.kind === ACTION_SPACE) return ACTION_SPACE;
    if (only.kind === ACTION_REMOVED) return ACTION_REMOVED_MARK + only.combiningClass;
    if (only.codePoint === codePoint) {
      if (only.combiningClass > 0) return ACTION_MARK + only.combiningClass;
      return only.kind;
    }
  }
  if (characters.length > MAX_SEQUENCE)
    throw new Error(`U+${codePoint.toString(16)} becomes ${characters.length} characters`);
  return addSequence(
    characters.map((c, i) => {
      const last = i === characters.length - 1 ? 1 : 0;
      return (
        ((last << SEQUENCE_LAST_SHIFT) |
          (c.kind << SEQUENCE_KIND_SHIFT) |
          (c.combiningClass << SEQUENCE_CLASS_SHIFT) |
          c.codePoint) >>>
        0
      );
    }),
  );
}

/** What becomes of one code point after decomposition: marks are removed before lower-casing, and classes follow it. */
function charactersOf(codePoint: number, flags: BertNormalizerFlags): Character[] {
  const combiningClass = flags.stripAccents ? (COMBINING_CLASSES[codePoint] ?? 0) : 0;
  if (flags.stripAccents && NONSPACING[codePoint] === 1) return [{ codePoint, kind: ACTION_REMOVED, combiningClass }];
  const lowered = flags.lowercase ? (LOWERCASE.get(codePoint) ?? [codePoint]) : [codePoint];
  if (combiningClass > 0 && lowered.length > 1)
    throw new Error(`U+${codePoint.toString(16)} is a mark with a long lower case`);
  return lowered.map((c) => ({ codePoint: c, kind: kindOf(c), combiningClass }));
}

function kindOf(codePoint: number): Character['kind'] {
  if (WHITESPACE[codePoint] === 1) return ACTION_SPACE;
  return PUNCTUATION[codePoint] === 1 ? ACTION_ISOLATED : ACTION_LETTER;
}

function pack(actions: Uint16Array, words: readonly number[]): Uint8Array<ArrayBuffer> {
  const blocks: Uint16Array[] = [];
  const known = new Map<string, number>();
  const numbers = Uint16Array.from({ length: UNICODE_BLOCKS }, (_, b) => {
    const block = actions.subarray(b * UNICODE_BLOCK, (b + 1) * UNICODE_BLOCK);
    const key = keyOfTable(block);
    const number = known.get(key) ?? blocks.push(block) - 1;
    known.set(key, number);
    return number;
  });
  const wordsAt = UNICODE_HEADER_BYTES + 2 * UNICODE_BLOCKS + 2 * UNICODE_BLOCK * blocks.length;
  const bytes = new Uint8Array(wordsAt + 4 * words.length);
  new Uint32Array(bytes.buffer, 0, 2).set([blocks.length, words.length]);
  new Uint16Array(bytes.buffer, UNICODE_HEADER_BYTES, UNICODE_BLOCKS).set(numbers);
  for (const [b, block] of blocks.entries()) {
    new Uint16Array(bytes.buffer, UNICODE_HEADER_BYTES + 2 * (UNICODE_BLOCKS + b * UNICODE_BLOCK), UNICODE_BLOCK).set(
      block,
    );
  }
  new Uint32Array(bytes.buffer, wordsAt).set(words);
  return bytes;
}

const REMOVED = parseRangeTable(data.REMOVED);
const SPACED = parseRangeTable(data.SPACED);
const IDEOGRAPHS = parseRangeTable(data.IDEOGRAPHS);
const NONSPACING = parseRangeTable(data.NONSPACING);
const COMBINING_CLASSES = parseRangeTable(data.COMBINING_CLASSES);
const WHITESPACE = parseRangeTable(data.WHITESPACE);
const PUNCTUATION = parseRangeTable(data.PUNCTUATION);
const LOWERCASE = parseMappings(data.LOWERCASE);
const DECOMPOSITIONS = parseMappings(data.DECOMPOSITIONS);
