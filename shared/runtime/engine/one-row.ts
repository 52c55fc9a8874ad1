// Inputs of which one row stands for all: where a run only steps over rows to read them, it steps by nothing instead.

import type { HeldFeeds } from '../session.ts';
import { EngineHeld } from './held.ts';
import { type ProgramFunction, STEP_ATTENTION, STEP_ATTENTION_I8, STEP_COPY } from './program.ts';

const ATTENTIONS = [STEP_ATTENTION, STEP_ATTENTION_I8];

/**
 * Buffers of inputs that are read as one row, and the row's elements. What is read in any other way is spread to as many rows as it says.
 * `sizes`: of the run.
 */
export function oneRows(
  code: ProgramFunction,
  feeds: HeldFeeds,
  sizes: readonly number[],
): ReadonlyMap<number, number> {
  const rows = new Map<number, number>();
  code.buffers.forEach(({ place }, buffer) => {
    const tensor = place.kind === 'input' ? feeds[code.inputs[place.input]?.name ?? ''] : undefined;
    if (!(tensor instanceof EngineHeld && tensor.isOneRow)) return;
    const row = tensor.room / (tensor.dims[0] ?? 1);
    if (isReadByRow(code, buffer, row, sizes)) rows.set(buffer, row);
    else tensor.spread();
  });
  return rows;
}

/** Only where strides may be anything, and where those of the rows are apart from those within a row. */
function isReadByRow(code: ProgramFunction, buffer: number, row: number, sizes: readonly number[]): boolean {
  if (code.outputs.some((output) => output.buffer === buffer)) return false;
  return code.steps.every(({ kind, views }) => {
    const own = views.flatMap((index) => code.views[index] ?? []).filter((view) => view.buffer === buffer);
    if (own.length > 0 && !ATTENTIONS.includes(kind) && kind !== STEP_COPY) return false;
    return own.every(({ offset, dims, strides }) => {
      const within = dims.map((size, axis) => {
        const stride = sizes[strides[axis] ?? -1] ?? 0;
        return stride === row ? 0 : ((sizes[size] ?? 0) - 1) * stride;
      });
      return (
        within.every((reach) => reach >= 0) && within.reduce((sum, reach) => sum + reach, sizes[offset] ?? 0) < row
      );
    });
  });
}
