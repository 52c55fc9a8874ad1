// Compiles a `tokenizer.json` into the flat file that shared/tokenizer/wasm reads in place: at publish time, never in the isolate.
// The same text gives the same bytes. The layout is in shared/tokenizer/format.ts.

import * as format from '../../shared/tokenizer/format.ts';
import * as pipeline from '../../shared/tokenizer/pipeline-format.ts';
import { buildDoubleArray, findNode, type Key } from './double-array.ts';
import type { Json } from './json.ts';
import { compileModel } from './models.ts';
import { normalizerSteps } from './normalizer-steps.ts';
import { toBytes } from './piece-bytes.ts';
import { Pool } from './pool.ts';
import { type PostProcessor, parsePostProcessor, type TemplateStep } from './post-processor.ts';
import { preTokenizerSteps } from './pre-tokenizer-steps.ts';
import {
  type AddedToken,
  isBert,
  parseAddedTokens,
  parseRoot,
  parseTokenizerJson,
  type TokenizerJson,
} from './tokenizer-json.ts';
import * as classes from './unicode-classes.ts';
import * as data from './unicode-data.ts';
import { parseRanges } from './unicode-packing.ts';
import { compileUnicodeTables } from './unicode-tables.ts';
import { xxh32 } from './xxh32.ts';

type Section = readonly [tag: number, bytes: Uint8Array];

const WHITESPACE = parseRanges(data.WHITESPACE);
const utf8 = new TextEncoder();

/** @throws Error naming the component or option of `json` that is not supported. */
export function compileTokenizer(json: string): Uint8Array<ArrayBuffer> {
  return compileParsed(parseRoot(json));
}

/** The same of what `parseRoot` gives. */
export function compileParsed(root: Json): Uint8Array<ArrayBuffer> {
  return assemble(isBert(root) ? compileBert(parseTokenizerJson(root)) : compileGeneral(root));
}

function compileBert({ normalizer, model, addedTokens, postProcessor }: TokenizerJson): Section[] {
  const keys: Key[] = [];
  for (const [piece, id] of model.vocabulary) keys.push(...keyOf(piece, id));
  const trie = buildDoubleArray(keys);
  const continuation = findNode(trie, utf8.encode(model.continuationPrefix));
  return [
    [format.SECTION_NORMALIZER, words(format.NORMALIZER_BERT, normalizer.lowercase ? format.NORMALIZER_LOWERCASE : 0)],
    [format.SECTION_PRE_TOKENIZER, words(format.PRE_TOKENIZER_BERT)],
    [format.SECTION_MODEL, words(format.MODEL_WORDPIECE, model.unknownId, model.maxCharsPerWord, continuation)],
    [format.SECTION_TRIE, bytesOf(trie)],
    ...compileShared(compilePieces(model.vocabulary, addedTokens), addedTokens, postProcessor),
    [format.SECTION_UNICODE, compileUnicodeTables(normalizer)],
  ];
}

function compileGeneral(root: Json): Section[] {
  const pool = new Pool();
  const normalizer = normalizerSteps(root.normalizer, pool);
  const preTokenizer = preTokenizerSteps(root.pre_tokenizer, pool);
  for (const [role, { length }] of Object.entries({ normalizer, pre_tokenizer: preTokenizer.steps }))
    if (length > pipeline.MAX_STEPS)
      throw new Error(`${role} has ${length} steps; at most ${pipeline.MAX_STEPS} are run`);
  const model = compileModel(root.model, preTokenizer.byteLevel, pool);
  const addedTokens = parseAddedTokens(root.added_tokens ?? [], model.vocabulary);
  const pieces = compilePieces(model.vocabulary, addedTokens);
  const trie = buildDoubleArray(model.keys);
  const steps = [...normalizer, ...preTokenizer.steps].flatMap((step) => [0, 1, 2, 3, 4, 5].map((i) => step[i] ?? 0));
  const modelSection = model.section(pieces.length, (prefix) => findNode(trie, prefix));
  const added = compileAddedRecords(addedTokens, pool);
  return [
    [pipeline.SECTION_PIPELINE, words(normalizer.length, preTokenizer.steps.length, ...steps)],
    [pipeline.SECTION_POOL, pool.bytes],
    [format.SECTION_MODEL, modelSection],
    [format.SECTION_TRIE, bytesOf(trie)],
    [pipeline.SECTION_ADDED_RECORDS, added],
    ...compileShared(pieces, addedTokens, parsePostProcessor(root.post_processor)),
  ];
}

function compileShared(
  pieces: readonly (string | undefined)[],
  addedTokens: readonly AddedToken[],
  { single, pair, trim }: PostProcessor,
): Section[] {
  const steps = [...single, ...pair].flatMap(compileStep);
  const sections: Section[] = [
    [format.SECTION_POST_PROCESSOR, words(single.length, pair.length, ...steps)],
    [format.SECTION_PIECES, packPieces(pieces)],
    [format.SECTION_ADDED_TOKENS, compileAddedTokens(addedTokens)],
  ];
  if (trim !== undefined) sections.push([pipeline.SECTION_TRIM, compileTrim(pieces, addedTokens, trim.addPrefixSpace)]);
  return sections;
}

/** The empty piece never matches: it is only a text that belongs to an id. */
function keyOf(piece: string, id: number): Key[] {
  if (piece.includes('\0')) throw new Error(`vocabulary piece ${JSON.stringify(piece)} holds a NUL character`);
  return piece === '' ? [] : [{ bytes: toBytes(piece), id }];
}

/** Spaces at both ends of the text of every id; those of added tokens are counted where they are found. */
function compileTrim(
  pieces: readonly (string | undefined)[],
  addedTokens: readonly AddedToken[],
  addPrefixSpace: boolean,
): Uint8Array<ArrayBuffer> {
  const added = new Set(addedTokens.map(({ id }) => id));
  const isSpace = (char: string): boolean => char === 'Ġ' || WHITESPACE.has(char.codePointAt(0) ?? 0);
  const counts = pieces.flatMap((piece, id) => {
    if (added.has(id)) return [0, 0];
    const chars = [...(piece ?? '')];
    const first = chars.findIndex((char) => !isSpace(char));
    const last = chars.findLastIndex((char) => !isSpace(char));
    return first < 0 ? [chars.length, chars.length] : [first, chars.length - 1 - last];
  });
  return concatenate([words(Number(addPrefixSpace)), Uint8Array.from(counts, (count) => Math.min(count, 255))]);
}

/** The records that the general pipeline looks for; special tokens come before others that are normalized to the same. */
function compileAddedRecords(tokens: readonly AddedToken[], pool: Pool): Uint8Array<ArrayBuffer> {
  const raw = tokens.filter(({ normalized }) => !normalized);
  const normalized = tokens.filter((token) => token.normalized);
  const ordered = [
    ...raw,
    ...normalized.filter(({ special }) => special),
    ...normalized.filter(({ special }) => !special),
  ];
  const trie = bytesOf(buildDoubleArray(raw.flatMap(({ content }, i) => keyOf(content, i))));
  const around = pool.addClassMap(
    parseRanges(classes.WORD),
    new Map([...parseRanges(classes.SPACE).keys()].map((c) => [c, pipeline.AROUND_SPACE])),
  );
  const texts = ordered.map(({ content }) => utf8.encode(content));
  const trieAt = pipeline.ADDED_HEADER_BYTES + ordered.length * pipeline.ADDED_RECORD_BYTES;
  let at = trieAt + trie.length;
  const records = ordered.flatMap(({ id, singleWord, lstrip, rstrip }, i) => {
    const flags =
      (singleWord ? pipeline.ADDED_SINGLE_WORD : 0) |
      (lstrip ? pipeline.ADDED_LSTRIP : 0) |
      (rstrip ? pipeline.ADDED_RSTRIP : 0);
    const length = texts[i]?.length ?? 0;
    at += length;
    return [id, flags, at - length, length];
  });
  return concatenate([words(ordered.length, raw.length, trieAt, trie.length, around, 0, ...records), trie, ...texts]);
}

function compileStep(step: TemplateStep): number[] {
  if ('id' in step) return [format.TEMPLATE_SPECIAL, step.id, step.typeId];
  return [format.TEMPLATE_SEQUENCE, step.sequence, step.typeId];
}

/** The text of every id. */
function compilePieces(
  vocabulary: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
): (string | undefined)[] {
  const texts = new Map<number, string>();
  for (const [piece, id] of vocabulary) texts.set(id, piece);
  for (const { id, content } of addedTokens) texts.set(id, content);
  let count = 0;
  for (const id of texts.keys()) count = Math.max(count, id + 1);
  if (count > 2 * texts.size + 1024) throw new Error(`the largest id is ${count - 1}, with only ${texts.size} pieces`);
  return Array.from({ length: count }, (_, id) => texts.get(id));
}

function packPieces(pieces: readonly (string | undefined)[]): Uint8Array<ArrayBuffer> {
  const offsets: number[] = [];
  const encoded: Uint8Array[] = [];
  let offset = 0;
  for (const piece of pieces) {
    offsets.push(piece === undefined ? offset | format.PIECE_ABSENT : offset);
    if (piece === undefined) continue;
    const bytes = toBytes(piece);
    encoded.push(bytes);
    offset += bytes.length;
  }
  return concatenate([bytesOf(Uint32Array.from([pieces.length, ...offsets, offset])), ...encoded]);
}

function compileAddedTokens(addedTokens: readonly AddedToken[]): Uint8Array<ArrayBuffer> {
  const filter = new Uint8Array(format.ADDED_TOKENS_FILTER_BYTES);
  const keys = addedTokens.flatMap(({ content, id }) => keyOf(content, id));
  for (const { bytes } of keys) {
    const first = bytes[0] ?? 0;
    const bit = 1 << ((first >> 4) & 7);
    filter[first & 15] = (filter[first & 15] ?? 0) | bit;
    filter[16 + (first >> 4)] = bit;
  }
  return concatenate([filter, bytesOf(buildDoubleArray(keys))]);
}

function assemble(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const align = (n: number): number => Math.ceil(n / format.SECTION_ALIGNMENT) * format.SECTION_ALIGNMENT;
  const start = align(format.HEADER_BYTES + sections.length * format.DIRECTORY_ENTRY_BYTES);
  const length = sections.reduce((total, [, bytes]) => total + align(bytes.length), start);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  let at = start;
  for (const [i, [tag, bytes]] of sections.entries()) {
    const entry = format.HEADER_BYTES + i * format.DIRECTORY_ENTRY_BYTES;
    view.setUint32(entry, tag, true);
    view.setUint32(entry + 4, at, true);
    view.setUint32(entry + 8, bytes.length, true);
    file.set(bytes, at);
    at += align(bytes.length);
  }
  view.setUint32(format.HEADER_MAGIC, format.MAGIC, true);
  view.setUint32(format.HEADER_VERSION, format.VERSION, true);
  view.setUint32(format.HEADER_LENGTH, length, true);
  view.setUint32(format.HEADER_SECTIONS, sections.length, true);
  view.setUint32(format.HEADER_CHECKSUM, xxh32(file.subarray(format.CHECKSUM_START), format.CHECKSUM_SEED), true);
  return file;
}

const words = (...values: number[]): Uint8Array<ArrayBuffer> => bytesOf(Uint32Array.from(values, (v) => v >>> 0));

/** Little-endian machines only, as are all that run this. */
const bytesOf = (units: Uint32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(units.buffer, units.byteOffset, units.byteLength);

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
