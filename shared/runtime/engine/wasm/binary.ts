// BINARY: sums, comparisons and the like of two tensors, broadcast by strides of 0. Rows whose elements lie side by side, or are one
// element repeated, go four at a time for the operations that a vector has.

import {
  ADD, AND, DIV, INTEGERS, MAX, MIN, MOD, MUL, SUB, XOR,
} from '../command-format';
import { advance, first, rank, second, sizeOf, startAt, startWalk, strideOf } from './strided';
import { floatOf, integerOf } from './scalar-binary';

const VECTORS: u32 = (1 << ADD) | (1 << SUB) | (1 << MUL) | (1 << DIV) | (1 << MIN) | (1 << MAX);

/** False for an operation that is not known. */
export function binary(operation: i32, out: usize, a: usize, b: usize, dimensions: i32, words: usize): bool {
  const floats = operation >= ADD && operation <= MOD;
  const integers = operation >= INTEGERS && operation <= INTEGERS + MOD;
  if (!floats && !integers && (operation < AND || operation > XOR)) return false;
  if (!startWalk(words, dimensions, 2)) return true;
  startAt(a, b, 0);
  const last = rank - 1;
  const count = <usize>sizeOf(last);
  const strideA = <usize>strideOf(0, last) * 4;
  const strideB = <usize>strideOf(1, last) * 4;
  const vectors = floats && ((VECTORS >>> operation) & 1) != 0 && isVector(strideA) && isVector(strideB);
  do {
    const whole = vectors ? count & ~3 : 0;
    if (whole) vectorRow(operation, out, first, strideA, second, strideB, whole);
    const to = out + 4 * whole;
    const x = first + whole * strideA;
    const y = second + whole * strideB;
    if (floats) floatRow(operation, to, x, strideA, y, strideB, count - whole);
    else integerRow(operation, to, x, strideA, y, strideB, count - whole);
    out += 4 * count;
  } while (advance(last));
  return true;
}

@inline
function isVector(stride: usize): bool {
  return stride == 0 || stride == 4;
}

/** One element that is repeated, as a vector. */
const repeatedA: usize = memory.data(16, 16);
const repeatedB: usize = memory.data(16, 16);

/** `count` is a multiple of 4. */
function vectorRow(operation: i32, out: usize, a: usize, strideA: usize, b: usize, strideB: usize, count: usize): void {
  if (!strideA) a = spread(repeatedA, a);
  if (!strideB) b = spread(repeatedB, b);
  const stepA = strideA * 4;
  const stepB = strideB * 4;
  const end = out + 4 * count;
  switch (operation) {
    case ADD: for (; out < end; out += 16, a += stepA, b += stepB) v128.store(out, f32x4.add(v128.load(a), v128.load(b))); break;
    case SUB: for (; out < end; out += 16, a += stepA, b += stepB) v128.store(out, f32x4.sub(v128.load(a), v128.load(b))); break;
    case MUL: for (; out < end; out += 16, a += stepA, b += stepB) v128.store(out, f32x4.mul(v128.load(a), v128.load(b))); break;
    case DIV: for (; out < end; out += 16, a += stepA, b += stepB) v128.store(out, f32x4.div(v128.load(a), v128.load(b))); break;
    case MIN: for (; out < end; out += 16, a += stepA, b += stepB) v128.store(out, f32x4.min(v128.load(a), v128.load(b))); break;
    default: for (; out < end; out += 16, a += stepA, b += stepB) v128.store(out, f32x4.max(v128.load(a), v128.load(b)));
  }
}

function spread(to: usize, x: usize): usize {
  v128.store(to, v128.load32_splat(x));
  return to;
}

function floatRow(operation: i32, out: usize, a: usize, strideA: usize, b: usize, strideB: usize, count: usize): void {
  for (; count > 0; count--, out += 4, a += strideA, b += strideB) {
    store<i32>(out, floatOf(operation, load<f32>(a), load<f32>(b)));
  }
}

function integerRow(operation: i32, out: usize, a: usize, strideA: usize, b: usize, strideB: usize, count: usize): void {
  for (; count > 0; count--, out += 4, a += strideA, b += strideB) {
    store<i32>(out, integerOf(operation, load<i32>(a), load<i32>(b)));
  }
}
