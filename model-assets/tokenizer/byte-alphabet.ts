// The characters that byte-level tokenizers write for bytes. Source: Hugging Face tokenizers, byte_level.rs (bytes_char).

const isPlain = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

const BYTES = new Map<string, number>();
let next = 0x100;
for (let byte = 0; byte < 256; byte++) BYTES.set(String.fromCharCode(isPlain(byte) ? byte : next++), byte);

/** The bytes that a piece stands for; undefined if it has a character that stands for none. */
export function bytesOfPiece(piece: string): Uint8Array | undefined {
  const bytes = Array.from(piece, (char) => BYTES.get(char) ?? -1);
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
}
