// Other machines: the engine with an emulated dot product.

import emulated from './emulated.wasm';
import { Machine } from './machine.ts';

/** `kind`: a DOT_ code, what the machine's dot product does. */
export function emulate(kind: number, mode: number): Machine {
  const machine = new Machine(emulated);
  (machine.exports as unknown as { setMachine(kind: number): void }).setMachine(kind);
  machine.exports.setMode(mode);
  return machine;
}
