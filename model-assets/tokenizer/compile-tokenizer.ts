// Compiles a `tokenizer.json` into the flat file that shared/tokenizer/wasm reads in place: at publish time, never in the isolate.
// The same text gives the same bytes. The layout is in shared/tokenizer/format.ts.

import * as format from '../../shared/tokenizer/format.ts';
import { buildDoubleArray, findNode, type Key } from './double-array.ts';
import { parseTokenizerJson, type TemplateStep, type TokenizerJson } from './tokenizer-json.ts';
import { compileUnicodeTables } from './unicode-tables.ts';
import { xxh32 } from './xxh32.ts';

const utf8 = new TextEncoder();

/** @throws Error naming the component or option of `json` that is not supported. */
export function compileTokenizer(json: string): Uint8Array<ArrayBuffer> {
  const tokenizer = parseTokenizerJson(json);
  const { normalizer, model, single, pair } = tokenizer;
  const trie = buildDoubleArray([...model.vocabulary].flatMap(([piece, id]) => keyOf(piece, id)));
  const continuation = findNode(trie, utf8.encode(model.continuationPrefix));
  const steps = [...single, ...pair].flatMap(compileStep);
  return assemble([
    [format.SECTION_NORMALIZER, words(format.NORMALIZER_BERT, normalizer.lowercase ? format.NORMALIZER_LOWERCASE : 0)],
    [format.SECTION_PRE_TOKENIZER, words(format.PRE_TOKENIZER_BERT)],
    [format.SECTION_MODEL, words(format.MODEL_WORDPIECE, model.unknownId, model.maxCharsPerWord, continuation)],
    [format.SECTION_POST_PROCESSOR, words(single.length, pair.length, ...steps)],
    [format.SECTION_TRIE, bytesOf(trie)],
    [format.SECTION_PIECES, compilePieces(tokenizer)],
    [format.SECTION_ADDED_TOKENS, compileAddedTokens(tokenizer)],
    [format.SECTION_UNICODE, compileUnicodeTables(normalizer)],
  ]);
}

/** The empty piece never matches: it is only a text that belongs to an id. */
function keyOf(piece: string, id: number): Key[] {
  if (piece.includes('\0')) throw new Error(`vocabulary piece ${JSON.stringify(piece)} holds a NUL character`);
  return piece === '' ? [] : [{ bytes: utf8.encode(piece), id }];
}

function compileStep(step: TemplateStep): number[] {
  if ('id' in step) return [format.TEMPLATE_SPECIAL, step.id, step.typeId];
  return [format.TEMPLATE_SEQUENCE, step.sequence, step.typeId];
}

function compilePieces({ model, addedTokens }: TokenizerJson): Uint8Array<ArrayBuffer> {
  const texts = new Map([...model.vocabulary].map(([piece, id]) => [id, piece]));
  for (const { id, content } of addedTokens) texts.set(id, content);
  const count = Math.max(...texts.keys()) + 1;
  if (count > 2 * texts.size + 1024) throw new Error(`the largest id is ${count - 1}, with only ${texts.size} pieces`);
  const offsets: number[] = [];
  const encoded: Uint8Array[] = [];
  let offset = 0;
  for (let id = 0; id < count; id++) {
    const text = texts.get(id);
    offsets.push(text === undefined ? offset | format.PIECE_ABSENT : offset);
    if (text === undefined) continue;
    const bytes = utf8.encode(text);
    encoded.push(bytes);
    offset += bytes.length;
  }
  return concatenate([words(count, ...offsets, offset), ...encoded]);
}

function compileAddedTokens({ addedTokens }: TokenizerJson): Uint8Array<ArrayBuffer> {
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

function assemble(sections: readonly (readonly [tag: number, bytes: Uint8Array])[]): Uint8Array<ArrayBuffer> {
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
