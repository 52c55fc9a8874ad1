// GATHER_BLOCKS: rows of elements of 4 or 8 bits, whose scales and zero points stand for some elements of a row, by their number.

import { DONE, ERROR_INDEX } from '../command-format';
import { rowOf } from './rows';

export function gatherBlocks(
  out: usize, table: usize, indices: usize, count: usize, rows: i32, width: usize, bits: i32, block: usize, scales: usize,
  zeros: usize, zero: i32,
): i32 {
  const blocks = (width + block - 1) / block;
  const bytes = bits == 4 ? (width + 1) >> 1 : width;
  for (let i: usize = 0; i < count; i++) {
    const row = <usize>rowOf(load<i32>(indices + 4 * i), rows);
    if (<i32>row < 0) return ERROR_INDEX;
    let entry = row * blocks;
    for (let start: usize = 0; start < width; start += block, entry++) {
      const length = min(block, width - start);
      const offset = zeros ? <i32>load<u8>(zeros + entry) : zero;
      const scale = load<f32>(scales + 4 * entry);
      const from = table + row * bytes;
      if (bits == 4) takeNibbles(out, from + (start >> 1), length, scale, offset);
      else takeBytes(out, from + start, length, scale, offset);
      out += 4 * length;
    }
  }
  return DONE;
}

function takeNibbles(out: usize, from: usize, length: usize, scale: f32, zero: i32): void {
  for (; length >= 16; length -= 16, from += 8, out += 64) {
    const pairs = v128.load64_zero(from);
    const low = v128.and(pairs, i8x16.splat(15));
    const high = i8x16.shr_u(pairs, 4);
    store16(out, i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), scale, zero);
  }
  for (let n: usize = 0; n < length; n++) {
    const element = (<i32>load<u8>(from + (n >> 1)) >> (<i32>(n & 1) << 2)) & 15;
    store<f32>(out + 4 * n, <f32>(element - zero) * scale);
  }
}

function takeBytes(out: usize, from: usize, length: usize, scale: f32, zero: i32): void {
  for (; length >= 16; length -= 16, from += 16, out += 64) store16(out, v128.load(from), scale, zero);
  for (let n: usize = 0; n < length; n++) store<f32>(out + 4 * n, <f32>(<i32>load<u8>(from + n) - zero) * scale);
}

@inline
function store16(out: usize, elements: v128, scale: f32, zero: i32): void {
  const low = i16x8.extend_low_i8x16_u(elements);
  const high = i16x8.extend_high_i8x16_u(elements);
  const zeros = i16x8.splat(<i16>zero);
  const scales = f32x4.splat(scale);
  store8(out, i16x8.sub(low, zeros), scales);
  store8(out + 32, i16x8.sub(high, zeros), scales);
}

@inline
function store8(out: usize, differences: v128, scales: v128): void {
  v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(differences)), scales));
  v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(differences)), scales), 16);
}
