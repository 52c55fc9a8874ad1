// The Worker behind the subjects `tokenizer` and `border`: it does a job a given number of times and says nothing of time, which
// is measured from outside. GET /<job>?times=n answers a checksum of what was done.

import { Tokenizer as Peer } from '@huggingface/tokenizers';
// Put beside the script by subjects/tokenizer.ts.
import compiled from 'compiled.bin';
import english from 'english.txt';
import tokenizerJson from 'tokenizer.json.txt';
import { createTokenizer } from '../../../shared/tokenizer/tokenizer.ts';
import module from '../../../shared/tokenizer/tokenizer.wasm';
import { ScalarBert } from '../../tokenizer/scalar-bert.ts';
import { TEXTS } from '../texts.ts';

const json = JSON.parse(tokenizerJson);
const tokenizer = createTokenizer(module, new Uint8Array(compiled));
const peer = new Peer(json, {});
let scalarBert: ScalarBert | undefined;
/** Only BERT's own files have what it needs. */
function scalar(): ScalarBert {
  scalarBert ??= new ScalarBert(new Map(Object.entries(json.model.vocab)), json.normalizer.lowercase);
  return scalarBert;
}
const lines = english.split('\n');
const memory = new Uint8Array(1 << 20);
const utf8 = new TextEncoder();

/** ASCII only: what the border costs, not what Unicode does. */
const ascii = english.replaceAll(/[^\x20-\x7e]+/g, ' ');

function writeByLoop(text: string): number {
  for (let i = 0; i < text.length; i++) memory[i] = text.charCodeAt(i);
  return text.length;
}

let last: { readonly key: string; readonly whole: string; readonly piece: string } | undefined;

/** `size` bytes of a text, and 1,000; made once. */
function textOf(name: string, size: number): { readonly whole: string; readonly piece: string } {
  const key = `${name} ${size}`;
  const make = TEXTS[name];
  if (!make) throw new Error(`there is no text ${name}`);
  if (last?.key !== key) last = { key, whole: make(size), piece: make(1000) };
  return last;
}

const count = (text: string) => tokenizer.encode(text)[0]?.ids.length ?? 0;

function inPieces(piece: string, times: number): number {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += count(piece);
  return sum;
}

/** Bytes of a tokenizer beyond its file when it has encoded a text. */
function memoryOf(size: number, text: string): number {
  const fresh = createTokenizer(module, new Uint8Array(compiled));
  fresh.encode(textOf(text, size).whole);
  return fresh.bytes - compiled.byteLength;
}

const JOBS: Record<string, (size: number, text: string) => number> = {
  'at-once': (size, text) => count(textOf(text, size).whole),
  'in-pieces': (size, text) => inPieces(textOf(text, size).piece, size / 1000),
  memory: memoryOf,
  lines: () => {
    let sum = 0;
    for (const line of lines) {
      const [encoding] = tokenizer.encode(line);
      sum += (encoding?.ids.length ?? 0) + (encoding?.offsets[3] ?? 0);
    }
    return sum;
  },
  'peer-lines': () => lines.reduce((tokens, line) => tokens + peer.encode(line).ids.length, 0),
  whole: () => tokenizer.encode(english)[0]?.ids.length ?? 0,
  'peer-whole': () => peer.encode(english).ids.length,
  open: () => createTokenizer(module, new Uint8Array(compiled)).vocabularySize,
  'peer-open': () => new Peer(JSON.parse(tokenizerJson), {}).encode('a').ids.length,
  wasm: (size) => tokenizer.encode(ascii.slice(0, size))[0]?.offsets.length ?? 0,
  scalar: (size) => scalar().encode(ascii.slice(0, size)).offsets.length,
  'encode-into': (size) => utf8.encodeInto(ascii.slice(0, size), memory).written,
  loop: (size) => writeByLoop(ascii.slice(0, size)),
};

export default {
  fetch(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    const job = JOBS[pathname.slice(1)];
    if (job === undefined) return new Response('no such job', { status: 404 });
    let sum = 0;
    for (let i = Number(searchParams.get('times')); i > 0; i--) {
      sum += job(Number(searchParams.get('size')), searchParams.get('text') ?? '');
    }
    return new Response(String(sum));
  },
};
