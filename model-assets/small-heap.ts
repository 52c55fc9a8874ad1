// Lets V8 collect garbage earlier rather than take more memory from the machine: the tool works on files, and its heap is small. Imported
// before whatever fills it.

import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--optimize-for-size');

/** For a command that only lets bytes pass: they lie outside the heap, and to collect often costs more than they hold. */
export function passBytes(): void {
  setFlagsFromString('--no-optimize-for-size');
}
