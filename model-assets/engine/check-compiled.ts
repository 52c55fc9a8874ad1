// Whether the engine would open what the compiler wrote: its own checks, when a model is published and not when it is first asked.

import { checkProgram } from '../../shared/runtime/engine/check-program.ts';
import { DOT_PLAIN } from '../../shared/runtime/engine/command-format.ts';
import { DamagedProgram } from '../../shared/runtime/engine/damaged-program.ts';
import { HEADER_BYTES } from '../../shared/runtime/engine/program-format.ts';
import { readHeader, readProgram } from '../../shared/runtime/engine/read-program.ts';
import { tryPlan } from '../../shared/runtime/engine/trial-plan.ts';
import type { Compiled } from './compile.ts';
import { Unsupported } from './unsupported.ts';

/** Throws `Unsupported`, with what is wrong. The weights are not looked at, nor do they have to be in memory. */
export function checkCompiled({ program: { imageBytes }, front }: Compiled): void {
  try {
    const header = readHeader(front, front.byteLength + imageBytes);
    const program = readProgram(header, front.subarray(HEADER_BYTES));
    checkProgram(program);
    // The mode that takes the most room.
    for (const code of program.functions) tryPlan(code, imageBytes, DOT_PLAIN);
  } catch (cause) {
    if (!(cause instanceof DamagedProgram)) throw cause;
    throw new Unsupported(`the compiled program does not pass the engine's checks: ${cause.reason}`, { cause });
  }
}
