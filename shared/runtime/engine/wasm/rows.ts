// Picking rows by their number: GATHER and GATHER_I8 read them, SCATTER writes them. Numbers count from the end where they are negative;
// outside of the axis they are an error, and nothing behind it is done.

import { DONE, ERROR_INDEX } from '../command-format';

/** The row's number from 0, or -1 where there is none. */
@inline
export function rowOf(index: i32, size: i32): i32 {
  const row = index < 0 ? index + size : index;
  return <u32>row < <u32>size ? row : -1;
}

export function gather(out: usize, table: usize, indices: usize, outer: usize, size: i32, inner: usize, count: usize): i32 {
  const length = inner * 4;
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < count; i++, out += length) {
      const row = rowOf(load<i32>(indices + 4 * i), size);
      if (row < 0) return ERROR_INDEX;
      const from = table + (o * <usize>size + <usize>row) * length;
      if (length == 4) store<u32>(out, load<u32>(from));
      else memory.copy(out, from, length);
    }
  }
  return DONE;
}

/** `each`: there is a scale, and a zero point, for each row. */
export function gatherBytes(
  out: usize, table: usize, indices: usize, count: usize, rows: i32, width: usize, scales: usize, each: bool, zeros: usize,
): i32 {
  for (let i: usize = 0; i < count; i++, out += 4 * width) {
    const row = rowOf(load<i32>(indices + 4 * i), rows);
    if (row < 0) return ERROR_INDEX;
    const entry = each ? <usize>row * 4 : 0;
    const zero = zeros ? load<i32>(zeros + entry) : 0;
    expand(out, table + <usize>row * width, width, load<f32>(scales + entry), zero);
  }
  return DONE;
}

function expand(out: usize, bytes: usize, width: usize, scale: f32, zero: i32): void {
  const end = bytes + width;
  const zeros = i32x4.splat(zero);
  const scales = f32x4.splat(scale);
  for (; bytes + 8 <= end; bytes += 8, out += 32) {
    const shorts = v128.load_ext<i8>(bytes);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_low_i16x8_s(shorts), zeros)), scales));
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_high_i16x8_s(shorts), zeros)), scales), 16);
  }
  for (; bytes < end; bytes++, out += 4) store<f32>(out, <f32>(<i32>load<i8>(bytes) - zero) * scale);
}

/** Where two indices name one place, the later update stays. */
export function scatter(
  out: usize, indices: usize, updates: usize, count: usize, depth: usize, inner: usize, axes: usize,
): i32 {
  for (let i: usize = 0; i < count; i++, updates += 4 * inner) {
    let place: i32 = 0;
    for (let d: usize = 0; d < depth; d++, indices += 4) {
      const row = rowOf(load<i32>(indices), load<i32>(axes + 8 * d));
      if (row < 0) return ERROR_INDEX;
      place += row * load<i32>(axes + 8 * d, 4);
    }
    memory.copy(out + 4 * <usize>place, updates, 4 * inner);
  }
  return DONE;
}
