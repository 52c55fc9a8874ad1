// The characters that byte-level tokenizers write for bytes: those that can be seen stand for themselves, the other 68 for the
// code points from 0x100 on. Source: Hugging Face tokenizers, byte_level.rs (bytes_char).

import { codeBytes, codePoint, decode } from './utf8';

/** Writes in place the bytes that the characters [start, end) stand for; where they end, or 0 if one stands for none. */
export function toBytes(start: usize, end: usize): usize {
  let to = start;
  for (let at = start; at < end; at += codeBytes) {
    decode(at);
    let byte = codePoint;
    if (byte >= 0x100) {
      const index = byte - 0x100;
      byte = index < 0x21 ? index : index < 0x43 ? index - 0x21 + 0x7f : index == 0x43 ? 0xad : 0x100;
    } else if (!isSeen(byte)) {
      return 0;
    }
    if (byte > 0xff) return 0;
    store<u8>(to, byte);
    to++;
  }
  return to;
}

@inline
function isSeen(byte: u32): bool {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
}
