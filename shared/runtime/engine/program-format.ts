// The file that holds a program and its weights. Little-endian; words of 32 bits.
//
//   header    32 bytes  magic, version, bytes of the program, bytes of the image, CRC-32 of the program, flags, 2 × 0
//   program             words, then filled up with zeros to a multiple of 64
//   image               weights as they lie in WASM memory
//
// Programs are lists: a count, then as many entries. Texts are a count of bytes and UTF-8, filled up to whole words.
//
//   program    functions
//   function   text graph, input of the condition or -1, its value, sizes, inputs, outputs, buffers, views, steps, pairs of equal sizes
//   size       kind, then: value | input, axis | terms (coefficient, factors) | a, b | nothing
//   input      text name, type, dims
//   output     text name, type, dims, buffer
//   buffer     length, 1 for floats, kind of place, then: at | input | nothing | values | input
//   view       buffer, offset, dims, strides
//   step       kind, views, words

export const MAGIC = 0x45475045; // "EPGE"
/**
 * The newest. A program is of the first that has what it holds: 2 has STEP_GATHER_BLOCKS, 3 STEP_ATTENTION_I8, 4 attention that is guarded,
 * 5 logits that can be left out, 7 WEIGHTS_I4.
 */
export const VERSION = 7;
/** Had WEIGHTS_I4 in another order, which is not read any more. */
export const WITHDRAWN_VERSION = 6;
export const HEADER_BYTES = 32;
/** Flag: weights in bytes keep to what command-format.ts says of two neighbours. Programs of earlier compilers, which lack it, may not. */
export const KEEPS_TO_PAIRS = 1;
export const PROGRAM_ALIGNMENT = 64;

export const SIZE_KINDS = [
  'constant',
  'input',
  'sum',
  'div',
  'mod',
  'min',
  'max',
  'capacity',
  'past capacity',
  'kept',
  'first kept',
] as const;
export const PLACE_KINDS = ['image', 'input', 'work', 'sizes', 'cache'] as const;

/** Of IEEE 802.3, as in gzip. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
