// Blocks of four by four elements turned over in registers.

/** Element n of each of four vectors, for n = 0 to 3. */
@inline
export function turned0(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.shuffle<i32>(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 0, 4, 1, 5), 0, 1, 4, 5);
}
@inline
export function turned1(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.shuffle<i32>(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 0, 4, 1, 5), 2, 3, 6, 7);
}
@inline
export function turned2(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.shuffle<i32>(v128.shuffle<i32>(a, b, 2, 6, 3, 7), v128.shuffle<i32>(c, d, 2, 6, 3, 7), 0, 1, 4, 5);
}
@inline
export function turned3(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.shuffle<i32>(v128.shuffle<i32>(a, b, 2, 6, 3, 7), v128.shuffle<i32>(c, d, 2, 6, 3, 7), 2, 3, 6, 7);
}

/**
 * out[r][c] = x[c][r] for `rows` × `columns` of out, strides in bytes, elements of a row side by side. It writes rows of out, and reads
 * rows of x: neither beyond its end.
 */
export function transpose(out: usize, outStride: usize, x: usize, xStride: usize, rows: usize, columns: usize): void {
  const wholeRows = rows & ~3;
  const wholeColumns = columns & ~3;
  for (let c: usize = 0; c < wholeColumns; c += 4) {
    let from = x + c * xStride;
    let to = out + 4 * c;
    for (let r: usize = 0; r < wholeRows; r += 4) {
      const a = v128.load(from);
      const b = v128.load(from + xStride);
      const e = v128.load(from + 2 * xStride);
      const f = v128.load(from + 3 * xStride);
      v128.store(to, turned0(a, b, e, f));
      v128.store(to + outStride, turned1(a, b, e, f));
      v128.store(to + 2 * outStride, turned2(a, b, e, f));
      v128.store(to + 3 * outStride, turned3(a, b, e, f));
      from += 16;
      to += 4 * outStride;
    }
  }
  for (let c: usize = 0; c < columns; c++) {
    for (let r = c < wholeColumns ? wholeRows : 0; r < rows; r++) {
      store<u32>(out + r * outStride + 4 * c, load<u32>(x + c * xStride + 4 * r));
    }
  }
}
