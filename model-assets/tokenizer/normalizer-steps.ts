// The steps of a normalizer. Source of each: its namesake in Hugging Face tokenizers, normalizers/.

import * as pipeline from '../../shared/tokenizer/pipeline-format.ts';
import { addAutomaton } from './automaton.ts';
import { array, boolean, type Json, object, onlyKeys, text } from './json.ts';
import { Pool } from './pool.ts';
import { parseRegex, type Regex, setOf } from './regex.ts';
import * as classes from './unicode-classes.ts';
import * as data from './unicode-data.ts';
import { parseMappings, parseRanges } from './unicode-packing.ts';

/** Kind and up to five operands. */
export type Step = readonly number[];

const SPACE = 0x20;
const HANGUL_JOINING = [
  [0x1161, 0x1175],
  [0x11a8, 0x11c2],
] as const;
const JOINING = 255;
const utf8 = new TextEncoder();

/** @throws Error naming the normalizer or the option that is not known. */
export function normalizerSteps(value: unknown, pool: Pool): Step[] {
  if (value === null || value === undefined) return [];
  const normalizer = object(value, 'normalizer');
  const type = String(normalizer.type);
  const keys = (...names: string[]): void => onlyKeys(normalizer, type, ['type', ...names]);
  switch (type) {
    case 'Sequence':
      keys('normalizers');
      return array(normalizer.normalizers, 'Sequence.normalizers').flatMap((item) => normalizerSteps(item, pool));
    case 'BertNormalizer':
      keys('clean_text', 'handle_chinese_chars', 'strip_accents', 'lowercase');
      return bert(normalizer, pool);
    case 'Lowercase':
      keys();
      return [lowercase(pool)];
    case 'StripAccents':
      keys();
      return [removal(pool, parseRanges(classes.MARKS))];
    case 'Nmt':
      keys();
      return [mapping(pool, removed(parseRanges(classes.NMT_REMOVED)), spaced(parseRanges(classes.NMT_SPACED)))];
    case 'NFD':
    case 'NFKD':
    case 'NFC':
    case 'NFKC':
      keys();
      return [form(pool, type.includes('K'), type.endsWith('C'))];
    case 'Strip':
      keys('strip_left', 'strip_right');
      return [
        [
          pipeline.STEP_STRIP,
          Number(boolean(normalizer, type, 'strip_left')),
          Number(boolean(normalizer, type, 'strip_right')),
          pool.addClassMap(parseRanges(data.WHITESPACE)),
        ],
      ];
    case 'Prepend':
      keys('prepend');
      return [[pipeline.STEP_PREPEND, ...content(pool, text(normalizer, type, 'prepend'))]];
    case 'Replace':
      keys('pattern', 'content');
      return [
        [pipeline.STEP_REPLACE, pattern(pool, normalizer, type), ...content(pool, text(normalizer, type, 'content'))],
      ];
    case 'Precompiled':
      keys('precompiled_charsmap');
      return [precompiled(pool, text(normalizer, type, 'precompiled_charsmap'))];
  }
  throw new Error(`normalizer "${type}" is not supported`);
}

/** Offset and length of a text. */
export function content(pool: Pool, value: string): [offset: number, length: number] {
  const bytes = utf8.encode(value);
  return [pool.add(bytes), bytes.length];
}

/** The automaton of a `pattern`, which is a string to be found as it is or a regular expression. */
export function pattern(pool: Pool, from: Json, name: string): number {
  const value = object(from.pattern, `${name}.pattern`);
  if (typeof value.Regex === 'string') return addAutomaton(pool, parseRegex(value.Regex), value.Regex);
  const string = text(value, `${name}.pattern`, 'String');
  return addAutomaton(pool, literal(string), string);
}

export function literal(value: string): Regex {
  return { kind: 'sequence', items: Array.from(value, (c) => ({ kind: 'set', set: setOf(c.codePointAt(0) ?? 0) })) };
}

function bert(normalizer: Json, pool: Pool): Step[] {
  const name = 'BertNormalizer';
  const lower = boolean(normalizer, name, 'lowercase');
  const stripAccents = normalizer.strip_accents ?? lower;
  const steps: Step[] = [];
  if (boolean(normalizer, name, 'clean_text'))
    steps.push(mapping(pool, removed(parseRanges(data.REMOVED)), spaced(parseRanges(data.SPACED))));
  if (boolean(normalizer, name, 'handle_chinese_chars')) {
    steps.push([pipeline.STEP_SURROUND, pool.addClassMap(parseRanges(data.IDEOGRAPHS))]);
  }
  if (stripAccents) steps.push(form(pool, false, false), removal(pool, parseRanges(data.NONSPACING)));
  if (lower) steps.push(lowercase(pool));
  return steps;
}

type Mapping = ReadonlyMap<number, readonly number[]>;

const removed = (set: ReadonlyMap<number, number>): Mapping => new Map([...set.keys()].map((c) => [c, []]));
const spaced = (set: ReadonlyMap<number, number>): Mapping => new Map([...set.keys()].map((c) => [c, [SPACE]]));
const mapping = (pool: Pool, ...maps: readonly Mapping[]): Step => [
  pipeline.STEP_MAP,
  pool.addMap(new Map(maps.flatMap((map) => [...map]))),
];
const removal = (pool: Pool, set: ReadonlyMap<number, number>): Step => mapping(pool, removed(set));
const lowercase = (pool: Pool): Step => mapping(pool, parseMappings(data.LOWERCASE));

function form(pool: Pool, compatibility: boolean, composed: boolean): Step {
  const decompositions = new Map([
    ...parseMappings(data.DECOMPOSITIONS),
    ...(compatibility ? parseMappings(classes.COMPATIBILITY) : []),
  ]);
  const compositions = parseMappings(classes.COMPOSITIONS);
  const combining = parseRanges(data.COMBINING_CLASSES);
  const joining = new Map<number, number>();
  for (const [first, last] of HANGUL_JOINING) for (let c = first; c <= last; c++) joining.set(c, JOINING);
  for (const [, second = 0] of compositions.values()) if (!combining.has(second)) joining.set(second, JOINING);
  const operands = [pool.addMap(decompositions), pool.addClassMap(combining, joining)];
  if (!composed) return [pipeline.STEP_DECOMPOSE, ...operands];
  const pairs = [...compositions].map(([both, [first = 0, second = 0]]) => [first, second, both] as const);
  const { mask, words } = Pool.pairs(pairs, 0);
  return [pipeline.STEP_COMPOSE, ...operands, pool.addWords([mask, ...words])];
}

function precompiled(pool: Pool, base64: string): Step {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const size = bytes.length < 4 ? 0 : new DataView(bytes.buffer).getUint32(0, true);
  if (size === 0 || size % 4 !== 0 || size > bytes.length - 4)
    throw new Error('Precompiled.precompiled_charsmap is damaged');
  const units = new Uint32Array(Math.ceil(size / 1024) * 256).fill(0x80000000);
  new Uint8Array(units.buffer).set(bytes.subarray(4, 4 + size));
  const texts = bytes.subarray(4 + size);
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(texts);
  const graphemes = pool.addClassMap(
    parseRanges(classes.GRAPHEME_EXTEND),
    new Map([...parseRanges(classes.GRAPHEME_PREPEND).keys()].map((c) => [c, pipeline.GRAPHEME_PREPEND])),
    new Map([...parseRanges(classes.GRAPHEME_CONTROL).keys()].map((c) => [c, pipeline.GRAPHEME_CONTROL])),
  );
  const trie = pool.add(new Uint8Array(units.buffer));
  return [pipeline.STEP_PRECOMPILED, trie, units.byteLength, pool.add(texts), texts.length, graphemes];
}
