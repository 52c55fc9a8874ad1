// Reads the model of a `tokenizer.json` for the general pipeline. Source: Hugging Face tokenizers, models/*/serialization.rs.

import * as pipeline from '../../shared/tokenizer/pipeline-format.ts';
import { bytesOfPiece } from './byte-alphabet.ts';
import type { Key } from './double-array.ts';
import { array, boolean, integer, type Json, object, onlyKeys, text, vocabularyOf } from './json.ts';
import { content } from './normalizer-steps.ts';
import { Pool } from './pool.ts';

const NONE = 0xffffffff;
const UNKNOWN_PENALTY = 10;
const utf8 = new TextEncoder();

export interface CompiledModel {
  /** What the vocabulary gives each id. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** What the trie holds. */
  readonly keys: readonly Key[];
  /** The section, given the number of ids. */
  section(ids: number, prefixNode: (prefix: Uint8Array) => number): Uint8Array<ArrayBuffer>;
}

/** @throws Error naming the model or the option that is not known. */
export function compileModel(value: unknown, byteLevel: boolean, pool: Pool): CompiledModel {
  const model = object(value, 'model');
  const type = String(model.type ?? inferType(model));
  if (byteLevel && type !== 'BPE') throw new Error(`model "${type}" behind ByteLevel is not supported`);
  switch (type) {
    case 'BPE':
      return compileBpe(model, byteLevel, pool);
    case 'Unigram':
      return compileUnigram(model, pool);
    case 'WordLevel':
      return compileWordLevel(model);
    case 'WordPiece':
      return compileWordPiece(model);
  }
  throw new Error(`model "${type}" is not supported`);
}

function inferType(model: Json): string {
  if (Array.isArray(model.merges)) return 'BPE';
  if (Array.isArray(model.vocab)) return 'Unigram';
  return 'max_input_chars_per_word' in model ? 'WordPiece' : 'WordLevel';
}

/** Pieces as their bytes, with 0xff for a NUL; the empty one is only a text that belongs to an id. */
function keysOf(vocabulary: ReadonlyMap<string, number>, encode: (piece: string) => Uint8Array | undefined): Key[] {
  return [...vocabulary].flatMap(([piece, id]) => {
    const bytes = encode(piece);
    return bytes === undefined || bytes.length === 0 ? [] : [{ bytes: bytes.map((byte) => byte || 0xff), id }];
  });
}

function unknownOf(model: Json, vocabulary: ReadonlyMap<string, number>, name: string): number {
  const unknown = text(model, name, 'unk_token');
  const id = vocabulary.get(unknown);
  if (id === undefined) throw new Error(`${name}.unk_token ${JSON.stringify(unknown)} is not in the vocabulary`);
  return id;
}

function compileBpe(model: Json, byteLevel: boolean, pool: Pool): CompiledModel {
  onlyKeys(model, 'BPE', [
    ...['type', 'dropout', 'unk_token', 'continuing_subword_prefix', 'end_of_word_suffix', 'fuse_unk', 'byte_fallback'],
    ...['ignore_merges', 'vocab', 'merges'],
  ]);
  if (model.dropout !== null && model.dropout !== undefined && model.dropout !== 0)
    throw new Error('BPE: option "dropout" is not supported');
  const vocabulary = vocabularyOf(model.vocab, 'BPE');
  const prefix = String(model.continuing_subword_prefix ?? '');
  const suffix = String(model.end_of_word_suffix ?? '');
  const fallback = boolean(model, 'BPE', 'byte_fallback', false);
  if (prefix + suffix !== '' && (byteLevel || fallback))
    throw new Error('BPE: affixes together with bytes are not supported');
  for (const affix of [prefix, suffix])
    if (utf8.encode(affix).length > pipeline.MAX_AFFIX) throw new Error(`BPE: affix "${affix}" is too long`);
  const unknown =
    model.unk_token === null || model.unk_token === undefined ? NONE : unknownOf(model, vocabulary, 'BPE');
  const { merged, pairs } = mergesOf(model, vocabulary, prefix);
  const table = Pool.pairs(pairs, NONE);
  // Single bytes have a table of their own.
  const encode = (piece: string): Uint8Array | undefined => {
    const bytes = byteLevel ? bytesOfPiece(piece) : utf8.encode(piece);
    return byteLevel && bytes?.length === 1 ? undefined : bytes;
  };
  const byteIds = new Uint32Array(256).fill(NONE);
  if (byteLevel) {
    for (const [piece, id] of vocabulary) {
      const bytes = bytesOfPiece(piece);
      if (bytes?.length === 1) byteIds[bytes[0] ?? 0] = id;
    }
  } else fillByteIds(byteIds, vocabulary);
  const flags =
    (byteLevel ? pipeline.FLAG_BYTE_LEVEL : 0) |
    (fallback ? pipeline.FLAG_BYTE_FALLBACK : 0) |
    (boolean(model, 'BPE', 'fuse_unk', false) ? pipeline.FLAG_FUSE_UNKNOWN : 0) |
    (boolean(model, 'BPE', 'ignore_merges', false) ? pipeline.FLAG_IGNORE_MERGES : 0);
  const words = [
    ...[pipeline.MODEL_BPE, unknown, flags, pool.addWords(byteIds)],
    ...[table.mask, pool.addWords(table.words), pool.addWords(merged), merged.length],
    ...content(pool, prefix),
    ...content(pool, suffix),
  ];
  return { vocabulary, keys: keysOf(vocabulary, encode), section: () => padded(words) };
}

function fillByteIds(byteIds: Uint32Array, vocabulary: ReadonlyMap<string, number>): void {
  for (let byte = 0; byte < 256; byte++) {
    byteIds[byte] = vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`) ?? NONE;
  }
}

function mergesOf(model: Json, vocabulary: ReadonlyMap<string, number>, prefix: string) {
  const known = new Map<string, [first: number, second: number, rank: number]>();
  const merged: number[] = [];
  for (const [rank, item] of array(model.merges, 'BPE.merges').entries()) {
    const [a, b, ...more] = typeof item === 'string' ? item.split(' ') : array(item, 'BPE.merges').map(String);
    if (a === undefined || b === undefined || more.length > 0) throw new Error(`BPE.merges[${rank}] is not a pair`);
    const ids = [a, b, a + b.slice(prefix.length)].map((piece) => {
      const id = vocabulary.get(piece);
      if (id === undefined) throw new Error(`BPE.merges[${rank}]: ${JSON.stringify(piece)} is not in the vocabulary`);
      return id;
    });
    const [first = 0, second = 0, result = 0] = ids;
    merged.push(result);
    known.set(`${first},${second}`, [first, second, rank]);
  }
  return { merged, pairs: [...known.values()] };
}

function compileUnigram(model: Json, pool: Pool): CompiledModel {
  onlyKeys(model, 'Unigram', ['type', 'unk_id', 'vocab', 'byte_fallback']);
  const entries = array(model.vocab, 'Unigram.vocab').map((item, id) => {
    const [piece, score] = array(item, `Unigram.vocab[${id}]`);
    if (typeof piece !== 'string' || typeof score !== 'number')
      throw new Error(`Unigram.vocab[${id}] is not a piece and a score`);
    return { piece, score: asReferenceReads(score) };
  });
  const unknown = integer(model.unk_id, 'Unigram.unk_id');
  if (unknown >= entries.length) throw new Error(`Unigram.unk_id ${unknown} is not in the vocabulary`);
  const vocabulary = new Map(entries.map(({ piece }, id) => [piece, id]));
  const byteIds = new Uint32Array(256).fill(NONE);
  fillByteIds(byteIds, vocabulary);
  const fallback = boolean(model, 'Unigram', 'byte_fallback', false);
  const least = entries.reduce((lowest, { score }) => Math.min(lowest, score), Number.POSITIVE_INFINITY);
  const section = (ids: number): Uint8Array<ArrayBuffer> => {
    const scores = new Float64Array(ids);
    for (const [id, { score }] of entries.entries()) scores[id] = score;
    const bytes = padded([
      ...[pipeline.MODEL_UNIGRAM, unknown, pipeline.FLAG_FUSE_UNKNOWN | (fallback ? pipeline.FLAG_BYTE_FALLBACK : 0)],
      ...[pool.addWords(byteIds), pool.add(new Uint8Array(scores.buffer)), ids],
    ]);
    new DataView(bytes.buffer).setFloat64(pipeline.MODEL_UNKNOWN_SCORE, least - UNKNOWN_PENALTY, true);
    return bytes;
  };
  return { vocabulary, keys: keysOf(vocabulary, (piece) => utf8.encode(piece)), section };
}

/**
 * The reference reads a number as its digits, rounded, and a power of ten, and rounds again: of two paths that are equal on paper
 * the last bit decides. Source: serde_json, Deserializer::f64_from_parts.
 */
export function asReferenceReads(score: number): number {
  const found = /^(-?)(\d+)\.?(\d*)(?:e([+-]\d+))?$/.exec(String(score));
  if (found === null) return score;
  const [, sign, whole = '', fraction = '', exponent = '0'] = found;
  const power = Number(exponent) - fraction.length;
  const digits = Number(BigInt(whole + fraction));
  const value = power < 0 ? digits / 10 ** -power : digits * 10 ** power;
  return sign === '-' ? -value : value;
}

function compileWordLevel(model: Json): CompiledModel {
  onlyKeys(model, 'WordLevel', ['type', 'vocab', 'unk_token']);
  const vocabulary = vocabularyOf(model.vocab, 'WordLevel');
  const words = [pipeline.MODEL_WORDLEVEL, unknownOf(model, vocabulary, 'WordLevel')];
  return { vocabulary, keys: keysOf(vocabulary, (piece) => utf8.encode(piece)), section: () => padded(words) };
}

function compileWordPiece(model: Json): CompiledModel {
  const name = 'WordPiece';
  onlyKeys(model, name, ['type', 'vocab', 'unk_token', 'continuing_subword_prefix', 'max_input_chars_per_word']);
  const vocabulary = vocabularyOf(model.vocab, name);
  const unknown = unknownOf(model, vocabulary, name);
  const most = integer(model.max_input_chars_per_word, `${name}.max_input_chars_per_word`);
  const prefix = utf8.encode(text(model, name, 'continuing_subword_prefix'));
  return {
    vocabulary,
    keys: keysOf(vocabulary, (piece) => utf8.encode(piece)),
    section: (_, prefixNode) => padded([1, unknown, most, prefixNode(prefix)]),
  };
}

function padded(words: readonly number[]): Uint8Array<ArrayBuffer> {
  const section = new Uint32Array(pipeline.GENERAL_MODEL_BYTES / 4);
  section.set(words.map((word) => word >>> 0));
  return new Uint8Array(section.buffer);
}
