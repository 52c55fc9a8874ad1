// How many bytes of weights a step reads.

import { DEPTH_UNIT, PANEL, PANEL_TAIL_F32, PANEL_TAIL_I8 } from '../../shared/runtime/engine/command-format.ts';
import { STEP_GATHER_I8, STEP_LINEAR, type Step } from '../../shared/runtime/engine/program.ts';

/** Of a table, all of it, though a run reads single rows. */
export function weightBytes({ kind, words }: Step): number {
  if (kind === STEP_GATHER_I8) return (words[1] ?? 0) * (words[2] ?? 0);
  if (kind !== STEP_LINEAR) return 0;
  const [, columns = 0, depth = 0, , isBytes] = words;
  const panels = Math.ceil(columns / PANEL);
  if (!isBytes) return panels * (4 * depth * PANEL + PANEL_TAIL_F32);
  return panels * (Math.ceil(depth / DEPTH_UNIT) * DEPTH_UNIT * PANEL + PANEL_TAIL_I8);
}
