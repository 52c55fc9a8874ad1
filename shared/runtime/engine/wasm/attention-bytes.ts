// What attention multiplies by, as layers in bytes have their weights: keys, whose products are the scores, and values, which are added up by
// what the scores weigh. Made when a head is there: panels as in linear.ts, signed bytes with a scale for each column.
//
// A key is a column by itself. A column of values is one element of all keys, whose scale they share. As in all weights two neighbours add up
// to 128 at the most: a column's scale is a 127th of the greatest of its elements and of the sums of two. A column with such a sum, or an
// element, that is not finite has a scale that is no number: so are all results that it is in.

import { PANEL, PANEL_TAIL_I8 } from '../command-format';
import { zeros } from './float-kernel';
import { acrossMax, acrossSum, acrossTotal } from './lanes';
import { paddedDepth } from './quantize';

const WIDTH: usize = PANEL;
const TAIL: usize = PANEL_TAIL_I8;
/** In the tail: the sums of columns, times their scales. */
const TOTALS: usize = 32;
/** See exponential.ts. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;
const MOST: f32 = 127;
/** Below it 127 / magnitude could be infinite. Such a column is taken to be 0. */
const LEAST_MAGNITUDE: f32 = 1e-30;

/** Four rows of values that are no whole panel. What stands behind them is that of rows before: its columns are dropped. */
const filled: usize = memory.data(4 * 4 * 8, 16);

/** Of one panel. */
@inline
export function panelBytes(depth: usize): usize {
  return WIDTH * paddedDepth(depth) + TAIL;
}

/** Of rows [keys][depth]; `stride` in bytes. Products with them come out times `scale`. */
export function keyPanels(panel: usize, k: usize, stride: usize, keys: usize, depth: usize, scale: f32): void {
  const tail = WIDTH * paddedDepth(depth);
  for (let t: usize = 0; t < keys; t += WIDTH, panel += tail + TAIL) {
    const width = min(WIDTH, keys - t);
    if (width < WIDTH || tail != WIDTH * depth) memory.fill(panel, 0, tail);
    memory.fill(panel + tail, 0, TAIL);
    for (let c: usize = 0; c < width; c++, k += stride) keyColumn(panel + 4 * c, panel + tail + 4 * c, k, depth, scale);
  }
}

function keyColumn(column: usize, tail: usize, k: usize, depth: usize, scale: f32): void {
  const magnitude = reachOf(k, depth);
  const inverse = f32x4.splat(magnitude >= LEAST_MAGNITUDE ? MOST / magnitude : 0);
  let totals = i32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= depth; i += 16, k += 64, column += 16 * WIDTH) {
    const a = rounded(v128.load(k), inverse);
    const b = rounded(v128.load(k, 16), inverse);
    const c = rounded(v128.load(k, 32), inverse);
    const d = rounded(v128.load(k, 48), inverse);
    totals = i32x4.add(totals, i32x4.add(i32x4.add(a, b), i32x4.add(c, d)));
    const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
    v128.store_lane<i32>(column, bytes, 0);
    v128.store_lane<i32>(column, bytes, 1, 4 * WIDTH);
    v128.store_lane<i32>(column, bytes, 2, 8 * WIDTH);
    v128.store_lane<i32>(column, bytes, 3, 12 * WIDTH);
  }
  let total = acrossTotal(totals);
  for (let n: usize = 0; i < depth; i++, n++, k += 4) {
    const byte = i32x4.extract_lane(rounded(v128.load32_splat(k), inverse), 0);
    store<i8>(column + (n >> 2) * 4 * WIDTH + (n & 3), <i8>byte);
    total += byte;
  }
  const step = (magnitude / MOST) * scale;
  store<f32>(tail, step);
  store<f32>(tail, step * <f32>total, TOTALS);
}

/** How far they and the sums of two of them are from 0; no number where one is not finite: x - x is 0 or no number. */
function reachOf(x: usize, count: usize): f32 {
  let most = f32x4.splat(0);
  let odd = most;
  const end = x + 4 * count;
  for (; x + 16 <= end; x += 16) {
    const values = v128.load(x);
    most = f32x4.pmax(most, reach(values, v128.shuffle<i32>(values, values, 1, 0, 3, 2)));
    odd = f32x4.add(odd, f32x4.sub(values, values));
  }
  for (; x < end; x += 8) {
    const value = v128.load32_zero(x);
    const next = x + 4 < end ? v128.load32_zero(x, 4) : f32x4.splat(0);
    most = f32x4.pmax(most, f32x4.pmax(reach(value, next), f32x4.abs(next)));
    odd = f32x4.add(odd, f32x4.add(f32x4.sub(value, value), f32x4.sub(next, next)));
  }
  return acrossMax(most) + acrossSum(odd);
}

/** How far numbers, and their sums with their neighbours, are from 0. */
@inline
function reach(x: v128, neighbours: v128): v128 {
  return f32x4.pmax(f32x4.abs(x), f32x4.abs(f32x4.add(x, neighbours)));
}

/** Of rows [keys][width]; `stride` in bytes. */
export function valuePanels(panel: usize, v: usize, stride: usize, keys: usize, width: usize): void {
  const length = panelBytes(keys);
  for (let n: usize = 0; n < width; n += WIDTH, panel += length, v += 4 * WIDTH) {
    valuePanel(panel, v, stride, keys, min(WIDTH, width - n));
  }
}

function valuePanel(panel: usize, v: usize, stride: usize, keys: usize, width: usize): void {
  let mostLow = f32x4.splat(0);
  let mostHigh = mostLow;
  let oddLow = mostLow;
  let oddHigh = mostLow;
  for (let t: usize = 0, from = v; t < keys; t += 2, from += 2 * stride) {
    const row = whole(from, width, 0);
    const next = t + 1 < keys ? whole(from + stride, width, 1) : zeros;
    const low = v128.load(row);
    const high = v128.load(row, 16);
    const nextLow = v128.load(next);
    const nextHigh = v128.load(next, 16);
    mostLow = f32x4.pmax(mostLow, f32x4.pmax(reach(low, nextLow), f32x4.abs(nextLow)));
    mostHigh = f32x4.pmax(mostHigh, f32x4.pmax(reach(high, nextHigh), f32x4.abs(nextHigh)));
    oddLow = f32x4.add(oddLow, f32x4.add(f32x4.sub(low, low), f32x4.sub(nextLow, nextLow)));
    oddHigh = f32x4.add(oddHigh, f32x4.add(f32x4.sub(high, high), f32x4.sub(nextHigh, nextHigh)));
  }
  mostLow = f32x4.add(mostLow, oddLow);
  mostHigh = f32x4.add(mostHigh, oddHigh);
  const inverseLow = inverses(mostLow);
  const inverseHigh = inverses(mostHigh);
  let totalLow = i32x4.splat(0);
  let totalHigh = totalLow;
  const depth = paddedDepth(keys);
  for (let t: usize = 0; t < depth; t += 4, v += 4 * stride, panel += 4 * WIDTH) {
    const row0 = t < keys ? whole(v, width, 0) : zeros;
    const row1 = t + 1 < keys ? whole(v + stride, width, 1) : zeros;
    const row2 = t + 2 < keys ? whole(v + 2 * stride, width, 2) : zeros;
    const row3 = t + 3 < keys ? whole(v + 3 * stride, width, 3) : zeros;
    totalLow = i32x4.add(totalLow, fourColumns(panel, row0, row1, row2, row3, inverseLow));
    totalHigh = i32x4.add(totalHigh, fourColumns(panel + 16, row0 + 16, row1 + 16, row2 + 16, row3 + 16, inverseHigh));
  }
  storeTail(panel, mostLow, totalLow);
  storeTail(panel + 16, mostHigh, totalHigh);
}

/** A row of a panel: where it lies or, where it is none to its end, beside. */
@inline
function whole(row: usize, width: usize, n: usize): usize {
  if (width == WIDTH) return row;
  const at = filled + 4 * WIDTH * n;
  memory.copy(at, row, 4 * width);
  return at;
}

/** Four keys of four columns as bytes, and their sums. */
@inline
function fourColumns(panel: usize, row0: usize, row1: usize, row2: usize, row3: usize, inverse: v128): v128 {
  const a = rounded(v128.load(row0), inverse);
  const b = rounded(v128.load(row1), inverse);
  const c = rounded(v128.load(row2), inverse);
  const d = rounded(v128.load(row3), inverse);
  const byte = i32x4.splat(255);
  const front = v128.or(v128.and(a, byte), i32x4.shl(v128.and(b, byte), 8));
  const back = v128.or(i32x4.shl(v128.and(c, byte), 16), i32x4.shl(d, 24));
  v128.store(panel, v128.or(front, back));
  return i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
}

@inline
function inverses(most: v128): v128 {
  const isEnough = f32x4.ge(most, f32x4.splat(LEAST_MAGNITUDE));
  return v128.and(f32x4.div(f32x4.splat(MOST), most), isEnough);
}

@inline
function storeTail(tail: usize, most: v128, total: v128): void {
  const step = f32x4.div(most, f32x4.splat(MOST));
  v128.store(tail, step);
  v128.store(tail, f32x4.mul(step, f32x4.convert_i32x4_s(total)), TOTALS);
  v128.store(tail, f32x4.splat(0), 2 * TOTALS);
}

/** Signed integers nearest to x × inverse. */
@inline
function rounded(x: v128, inverse: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(x, inverse), f32x4.splat(ROUNDER)), i32x4.splat(ROUNDER_BITS));
}
