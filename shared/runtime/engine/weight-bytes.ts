// Weights that a step names by their place in the image: where, and how many bytes.

import * as c from './command-format.ts';
import * as p from './program.ts';

/** Of a linear layer, as command-format.ts draws them. */
export function layerBytes(columns: number, depth: number, weights: number): number {
  return Math.ceil(columns / c.PANEL) * panelBytes(depth, weights);
}

/** Of a panel of eight columns. */
export function panelBytes(depth: number, weights: number): number {
  if (weights === p.WEIGHTS_F32) return 4 * depth * c.PANEL + c.PANEL_TAIL_F32;
  const padded = Math.ceil(depth / c.DEPTH_UNIT) * c.DEPTH_UNIT;
  if (weights === p.WEIGHTS_I8) return padded * c.PANEL + c.PANEL_TAIL_I8;
  return (padded * c.PANEL) / 2 + Math.ceil(padded / c.I4_BLOCK) * c.PANEL + c.PANEL_TAIL_I8;
}

/** By the words of a step. */
export function weightBytes(kind: number, words: readonly number[]): readonly (readonly [at: number, bytes: number])[] {
  if (kind === p.STEP_LINEAR) {
    const [at = -1, columns = 0, depth = 0, , weights = 0] = words;
    return [[at, layerBytes(columns, depth, weights)]];
  }
  if (kind === p.STEP_GATHER_BLOCKS) {
    const [table = -1, rows = 0, width = 0, bits = 0, block = 0, scales = -1, zeros = -1] = words;
    const entries = rows * Math.ceil(width / block);
    const places = [[table, rows * Math.ceil((width * bits) / 8)] as const, [scales, 4 * entries] as const];
    return zeros === p.ABSENT ? places : [...places, [zeros, entries]];
  }
  if (kind !== p.STEP_GATHER_I8) return [];
  const [table = -1, rows = 0, width = 0, scales = -1, isByRow, zeros = -1] = words;
  const entries = 4 * (isByRow ? rows : 1);
  const places = [[table, rows * width] as const, [scales, entries] as const];
  return zeros === p.ABSENT ? places : [...places, [zeros, entries]];
}
