// An encoding as one list of numbers, and its CRC-32: the form in which ../fixtures/tokenizer/generate.py keeps goldens.

import type { Encoding } from '../../shared/tokenizer/tokenizer.ts';

/** All that an encoding holds; the attention mask is 1 throughout and left out. */
export function numbersOf(e: Encoding): Uint32Array {
  const n = e.ids.length;
  const words = [e.ids, e.offsets, e.wordIds, e.typeIds, e.specialTokensMask, e.sequenceIds];
  const out = new Uint32Array(2 + words.reduce((total, part) => total + part.length, 0));
  out.set([n, e.truncated ? 1 : 0]);
  let at = 2;
  for (const part of words) {
    out.set(part, at); // -1 becomes 0xffffffff
    at += part.length;
  }
  return out;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

export function digest(numbers: Uint32Array): number {
  let crc = 0xffffffff;
  for (const byte of new Uint8Array(numbers.buffer)) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

export function unpack(golden: string): Uint32Array {
  return new Uint32Array(Uint8Array.from(atob(golden), (c) => c.charCodeAt(0)).buffer);
}
