// What the tests need of a SentencePiece model (sentencepiece_model.proto): its pieces with their scores, and the table of its normalizer.

export interface SentencePieceModel {
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  /** Base64, as a tokenizer.json carries it. */
  readonly charsmap: string;
}

const MODEL_PIECES = 1;
const MODEL_NORMALIZER = 3;
const PIECE_TEXT = 1;
const PIECE_SCORE = 2;
const NORMALIZER_CHARSMAP = 2;

export function parseSentencePiece(bytes: Uint8Array): SentencePieceModel {
  const pieces: [string, number][] = [];
  let charsmap = '';
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === MODEL_PIECES) pieces.push(parsePiece(value));
    if (number === MODEL_NORMALIZER) {
      const table = fieldsOf(value).find((field) => field.number === NORMALIZER_CHARSMAP)?.value ?? new Uint8Array();
      charsmap = btoa(Array.from(table, (byte) => String.fromCharCode(byte)).join(''));
    }
  }
  return { pieces, charsmap };
}

function parsePiece(bytes: Uint8Array): [string, number] {
  let text = '';
  let score = 0;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === PIECE_TEXT) text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    if (number === PIECE_SCORE) score = new DataView(value.buffer, value.byteOffset).getFloat32(0, true);
  }
  return [text, score];
}

/** The fields of a message; a varint has no bytes here. */
function fieldsOf(bytes: Uint8Array): { number: number; value: Uint8Array }[] {
  const fields: { number: number; value: Uint8Array }[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    const length = kind === 2 ? varint() : kind === 5 ? 4 : kind === 1 ? 8 : 0;
    if (kind === 0) varint();
    fields.push({ number: tag >> 3, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}
