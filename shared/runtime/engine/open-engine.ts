// Opens a program in workerd, where a .wasm import is a compiled module.

import module from './engine.wasm';
import { type Loaded, loadEngine } from './load-engine.ts';

/** Throws as `loadEngine` does. */
export function openEngine(chunks: AsyncIterable<Uint8Array>, fileBytes: number): Promise<Loaded> {
  return loadEngine(module, chunks, fileBytes);
}
