// The decoders of Hugging Face tokenizers (crate `tokenizers` 0.22, folder `decoders`): each turns the pieces of a sequence into
// pieces that are nearer to text. What a tokenizer.json says of them is checked when it is published; CTC is not among them.

import * as z from 'zod/mini';
import { byteLevel } from './byte-level.ts';

export const decodeStep = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('WordPiece'), prefix: z.string(), cleanup: z.boolean() }),
  z.strictObject({ type: z.literal('ByteLevel') }),
  z.strictObject({ type: z.literal('Metaspace'), replacement: z.string(), prepend: z.boolean() }),
  z.strictObject({ type: z.literal('BPEDecoder'), suffix: z.string() }),
  z.strictObject({ type: z.literal('ByteFallback') }),
  z.strictObject({ type: z.literal('Fuse') }),
  z.strictObject({ type: z.literal('Strip'), content: z.string(), start: z.int(), stop: z.int() }),
  z.strictObject({ type: z.literal('Replace'), pattern: z.string(), isRegex: z.boolean(), content: z.string() }),
]);
export type DecodeStep = z.output<typeof decodeStep>;

/** One step over all pieces, ready to run. */
export function toDecode(step: DecodeStep): (pieces: readonly string[]) => readonly string[] {
  switch (step.type) {
    case 'WordPiece':
      return (pieces) => pieces.map((piece, i) => wordPiece(piece, i, step));
    case 'ByteLevel':
      return (pieces) => [byteLevel(pieces)];
    case 'Metaspace':
      // What was put before the text goes; what stood for a space in it becomes one.
      return (pieces) =>
        pieces.map((piece, i) => piece.replaceAll(step.replacement, i === 0 && step.prepend ? '' : ' '));
    case 'BPEDecoder':
      return (pieces) => pieces.map((piece, i) => piece.replaceAll(step.suffix, i === pieces.length - 1 ? '' : ' '));
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (pieces) => [pieces.join('')];
    case 'Strip':
      return (pieces) => pieces.map((piece) => strip(piece, step));
    case 'Replace': {
      const pattern = step.isRegex ? new RegExp(step.pattern, 'gu') : step.pattern;
      return (pieces) => pieces.map((piece) => piece.replaceAll(pattern, () => step.content));
    }
  }
}

function wordPiece(piece: string, index: number, { prefix, cleanup }: { prefix: string; cleanup: boolean }): string {
  const joined = index === 0 ? piece : piece.startsWith(prefix) ? piece.slice(prefix.length) : ` ${piece}`;
  if (!cleanup) return joined;
  return CLEANUPS.reduce((text, [from, to]) => text.replaceAll(from, to), joined);
}

/** Not all of English, but what the reference knows of it. */
const CLEANUPS = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

/** Runs of <0x41> become the text of their bytes, or one U+FFFD a byte where they are not UTF-8. */
function byteFallback(pieces: readonly string[]): string[] {
  const result: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) result.push(...textOf(bytes));
    bytes = [];
  };
  for (const piece of pieces) {
    const [, hex] = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece) ?? [];
    if (hex === undefined) {
      flush();
      result.push(piece);
    } else {
      bytes.push(Number.parseInt(hex, 16));
    }
  }
  flush();
  return result;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: readonly number[]): string[] {
  try {
    return [strict.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => '\ufffd');
  }
}

/** Takes at most `start` of `content` from the beginning and `stop` from the end. */
function strip(piece: string, { content, start, stop }: { content: string; start: number; stop: number }): string {
  const characters = Array.from(piece);
  let from = 0;
  while (from < start && characters[from] === content) from++;
  let to = characters.length;
  while (to > from && characters.length - to < stop && characters[to - 1] === content) to--;
  return characters.slice(from, to).join('');
}
