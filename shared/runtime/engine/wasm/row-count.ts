// Kernels for 1 to 6 rows from one source: the number of rows is the number of parameters of a function type, which `lengthof` gives as a
// constant, so `if (lengthof<R>() > 2)` is decided when the module is compiled.

export type Rows1 = (a: i32) => void;
export type Rows2 = (a: i32, b: i32) => void;
export type Rows3 = (a: i32, b: i32, c: i32) => void;
export type Rows4 = (a: i32, b: i32, c: i32, d: i32) => void;
export type Rows5 = (a: i32, b: i32, c: i32, d: i32, e: i32) => void;
export type Rows6 = (a: i32, b: i32, c: i32, d: i32, e: i32, f: i32) => void;

/** Rows of a tile of bytes: with more, what a kernel holds no longer fits the 15 vector registers that V8 gives out. */
export const MOST_BYTE_ROWS: usize = 6;
/** Of pairs of bytes by plain SIMD, where each product takes a register before it is added; and of floats, to which a sixth row gave nothing. */
export const MOST_FLOAT_ROWS: usize = 5;
/** Rows whose weights of 4 bits are multiplied as they are: for more it takes less to make bytes of them once (measured with VNNI alone). */
export const MOST_INT4_ROWS: usize = 5;

/** Rows of the next tile when `rows` are left: as many tiles as needed, of nearly equal heights. */
@inline
export function nextHeight(rows: usize, most: usize): usize {
  const tiles = (rows + most - 1) / most;
  return (rows + tiles - 1) / tiles;
}
