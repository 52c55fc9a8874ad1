// Numbers of 4 bits, two in a byte: the first in its lower half, as ONNX packs int4 and uint4.

/** `count` of them as bytes, each by itself; a sign reaches over the whole byte. */
export function unpackNibbles(packed: Uint8Array, count: number, isSigned: boolean): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const nibble = ((packed[i >> 1] ?? 0) >> (4 * (i & 1))) & 15;
    bytes[i] = isSigned && nibble > 7 ? nibble - 16 : nibble;
  }
  return bytes;
}

/** Rows of bytes that hold 4 bits each, packed; each row begins with a byte. */
export function packNibbles(bytes: ArrayLike<number>, width: number): Uint8Array {
  const stride = Math.ceil(width / 2);
  const packed = new Uint8Array((bytes.length / width) * stride);
  for (let i = 0; i < bytes.length; i++) {
    const [row, n] = [Math.floor(i / width), i % width];
    const at = row * stride + (n >> 1);
    packed[at] = (packed[at] ?? 0) | (((bytes[i] ?? 0) & 15) << (4 * (n & 1)));
  }
  return packed;
}
