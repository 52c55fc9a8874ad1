// SELECT: a where the condition is not 0, else b. Elements are bits: it does not matter what they are.

import { advance, first, rank, second, sizeOf, startAt, startWalk, strideOf, third } from './strided';

export function select3(out: usize, condition: usize, a: usize, b: usize, dimensions: i32, words: usize): void {
  if (!startWalk(words, dimensions, 3)) return;
  startAt(condition, a, b);
  const last = rank - 1;
  const count = <usize>sizeOf(last);
  const strideC = <usize>strideOf(0, last) * 4;
  const strideA = <usize>strideOf(1, last) * 4;
  const strideB = <usize>strideOf(2, last) * 4;
  const vectors = isVector(strideC) && isVector(strideA) && isVector(strideB);
  do {
    const whole = vectors ? count & ~3 : 0;
    if (whole) vectorRow(out, first, strideC, second, strideA, third, strideB, whole);
    scalarRow(
      out + 4 * whole,
      first + whole * strideC,
      strideC,
      second + whole * strideA,
      strideA,
      third + whole * strideB,
      strideB,
      count - whole,
    );
    out += 4 * count;
  } while (advance(last));
}

@inline
function isVector(stride: usize): bool {
  return stride == 0 || stride == 4;
}

@inline
function spread(x: usize, stride: usize): v128 {
  return stride ? v128.load(x) : v128.load32_splat(x);
}

function vectorRow(out: usize, c: usize, strideC: usize, a: usize, strideA: usize, b: usize, strideB: usize, count: usize): void {
  for (const end = out + 4 * count; out < end; out += 16, c += 4 * strideC, a += 4 * strideA, b += 4 * strideB) {
    const chosen = i32x4.ne(spread(c, strideC), i32x4.splat(0));
    v128.store(out, v128.bitselect(spread(a, strideA), spread(b, strideB), chosen));
  }
}

function scalarRow(out: usize, c: usize, strideC: usize, a: usize, strideA: usize, b: usize, strideB: usize, count: usize): void {
  for (; count > 0; count--, out += 4, c += strideC, a += strideA, b += strideB) {
    store<u32>(out, load<u32>(c) ? load<u32>(a) : load<u32>(b));
  }
}
