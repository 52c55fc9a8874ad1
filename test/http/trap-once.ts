// A trap of the engine, as a fault of a kernel would be one.

import { vi } from 'vitest';
import { END, FILL } from '../../shared/runtime/engine/command-format.ts';
import { EngineInstance } from '../../shared/runtime/engine/instance.ts';

/** The next run, of whatever model, is of a command that writes behind the end of memory. To be undone with `vi.restoreAllMocks`. */
export function trapOnce(): void {
  const { run } = EngineInstance.prototype;
  vi.spyOn(EngineInstance.prototype, 'run').mockImplementationOnce(function (this: EngineInstance, commands: number) {
    this.ints(commands, 6).set([FILL, 5, -64, 4, 0, END]);
    return run.call(this, commands);
  });
}
