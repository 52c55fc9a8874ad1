// Undoes the alphabet of byte-level BPE, which writes each byte as a character that can be seen (`bytes_char` of the reference).

const BYTE_OF: ReadonlyMap<string, number> = alphabet();

/** The text of all pieces; a piece with a character that is none of the 256 counts as the text that it is. */
export function byteLevel(pieces: readonly string[]): string {
  const bytes = pieces.flatMap((piece) => {
    const own = Array.from(piece, (character) => BYTE_OF.get(character));
    return own.includes(undefined) ? Array.from(utf8.encode(piece)) : (own as number[]);
  });
  return lossy.decode(Uint8Array.from(bytes));
}

const utf8 = new TextEncoder();
const lossy = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Printable Latin-1 stands for itself; the other bytes follow from U+0100 on, in their order. */
function alphabet(): Map<string, number> {
  const isPrintable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  let next = 0x100;
  return new Map(
    Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(isPrintable(byte) ? byte : next++), byte]),
  );
}
