// Reads well-formed UTF-8: the host's TextEncoder wrote it.

/** What `decode` read. */
export let codePoint: u32 = 0;
/** Its length in bytes. */
export let codeBytes: u32 = 0;
/** Its length in UTF-16 units. */
export let codeUnits: u32 = 0;

@inline
export function decode(at: usize): void {
  const lead = <u32>load<u8>(at);
  codeUnits = 1;
  if (lead < 0x80) {
    codePoint = lead;
    codeBytes = 1;
  } else if (lead < 0xe0) {
    codePoint = ((lead & 0x1f) << 6) | (load<u8>(at, 1) & 0x3f);
    codeBytes = 2;
  } else if (lead < 0xf0) {
    codePoint = ((lead & 0xf) << 12) | ((<u32>load<u8>(at, 1) & 0x3f) << 6) | (load<u8>(at, 2) & 0x3f);
    codeBytes = 3;
  } else {
    codePoint =
      ((lead & 7) << 18) |
      ((<u32>load<u8>(at, 1) & 0x3f) << 12) |
      ((<u32>load<u8>(at, 2) & 0x3f) << 6) |
      (load<u8>(at, 3) & 0x3f);
    codeBytes = 4;
    codeUnits = 2;
  }
}

/** Whether the bytes [at, end) are whole characters up to U+10FFFF, as `decode` needs them. */
export function isUtf8(at: usize, end: usize): bool {
  while (at < end) {
    decode(at);
    if (codePoint > 0x10ffff || codeBytes > <u32>(end - at)) return false;
    if ((load<u8>(at) & 0xc0) == 0x80 || load<u8>(at) > 0xf4) return false;
    for (let i: u32 = 1; i < codeBytes; i++) if ((load<u8>(at + i) & 0xc0) != 0x80) return false;
    at += codeBytes;
  }
  return true;
}
