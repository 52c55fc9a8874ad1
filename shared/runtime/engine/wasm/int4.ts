// Weights of 4 bits become weights of bytes, some panels at a time, which the kernels then take from the innermost cache: what comes from
// memory is half as much, and every mode of the products has them. For a few rows int4-kernel.ts does without.

import { I4_BLOCK, PANEL, PANEL_TAIL_I8 } from '../command-format';

const WIDTH: usize = PANEL;
/** Columns in. */
const BLOCK: usize = I4_BLOCK;
const TAIL: usize = PANEL_TAIL_I8;

/** Bytes that a block has its factors and zero points in. */
export const SAYS: usize = PANEL;

/** Bytes of a panel's elements. */
@inline
export function nibblesLength(depth: usize): usize {
  return (WIDTH / 2) * depth;
}

@inline
export function blocksOf(depth: usize): usize {
  return (depth + BLOCK - 1) / BLOCK;
}

/** Bytes of a panel in 4 bits. `depth`: a multiple of 8. */
@inline
export function int4PanelLength(depth: usize): usize {
  return nibblesLength(depth) + SAYS * blocksOf(depth) + TAIL;
}

/** Writes `panels` panels of bytes. */
export function widen(out: usize, panel: usize, panels: usize, depth: usize): void {
  for (; panels > 0; panels--) {
    const end = out + WIDTH * depth;
    let says = panel + nibblesLength(depth);
    for (; out < end; says += SAYS) {
      const next = min(out + WIDTH * BLOCK, end);
      widenBlock(out, next, panel, says);
      panel += (next - out) / 2;
      out = next;
    }
    memory.copy(out, says, TAIL);
    out += TAIL;
    panel = says + TAIL;
  }
}

/**
 * Two bytes are multiplied at once, as one number of 16 bits: an element times its factor is 225 at the most, so nothing goes over from the
 * lower one to the upper one.
 */
@inline
function widenBlock(out: usize, end: usize, nibbles: usize, says: usize): void {
  const low = i8x16.splat(15);
  const none = i8x16.splat(0);
  const said = v128.load64_zero(says);
  const factors = v128.and(said, low);
  const zeros = v128.and(i16x8.shr_u(said, 4), low);
  const factorsA = i8x16.shuffle(factors, none, 0, 16, 0, 16, 1, 16, 1, 16, 2, 16, 2, 16, 3, 16, 3, 16);
  const factorsB = i8x16.shuffle(factors, none, 4, 16, 4, 16, 5, 16, 5, 16, 6, 16, 6, 16, 7, 16, 7, 16);
  const zerosA = i16x8.mul(i8x16.shuffle(zeros, none, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), factorsA);
  const zerosB = i16x8.mul(i8x16.shuffle(zeros, none, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7), factorsB);
  for (; out < end; out += 32, nibbles += 16) {
    const pairs = v128.load(nibbles);
    v128.store(out, i8x16.sub(i16x8.mul(v128.and(pairs, low), factorsA), zerosA));
    v128.store(out, i8x16.sub(i16x8.mul(v128.and(i16x8.shr_u(pairs, 4), low), factorsB), zerosB), 16);
  }
}
