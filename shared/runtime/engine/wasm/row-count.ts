// Kernels for 1 to 6 rows from one source: the number of rows is the number of parameters of a function type, which `lengthof` gives as a
// constant, so `if (lengthof<R>() > 2)` is decided when the module is compiled.

export type Rows1 = (a: i32) => void;
export type Rows2 = (a: i32, b: i32) => void;
export type Rows3 = (a: i32, b: i32, c: i32) => void;
export type Rows4 = (a: i32, b: i32, c: i32, d: i32) => void;
export type Rows5 = (a: i32, b: i32, c: i32, d: i32, e: i32) => void;
export type Rows6 = (a: i32, b: i32, c: i32, d: i32, e: i32, f: i32) => void;

/** More, and what a kernel holds no longer fits the 16 vector registers. */
export const MOST_ROWS: usize = 6;

/** Rows of the next tile when `rows` are left: as many tiles as needed, of nearly equal heights. */
@inline
export function nextHeight(rows: usize): usize {
  const tiles = (rows + MOST_ROWS - 1) / MOST_ROWS;
  return (rows + tiles - 1) / tiles;
}
