// Opens a program in workerd, where a .wasm import is a compiled module.

import module from './engine.wasm';
import { EngineInstance, type MemoryOptions } from './instance.ts';
import { type Loaded, loadEngine } from './load-engine.ts';
import { MODES } from './modes.ts';

/** Throws as `loadEngine` does. */
export function openEngine(
  chunks: AsyncIterable<Uint8Array>,
  fileBytes: number,
  options: MemoryOptions = {},
): Promise<Loaded> {
  return loadEngine(module, chunks, fileBytes, options);
}

let mode: number | undefined;

/** The name of what the engine's products do on this machine. (Those of a program whose weights do not keep to pairs may do less.) */
export function productMode(): string {
  mode ??= new EngineInstance(module, 0, { keepsToPairs: true }).mode;
  return MODES[mode]?.name ?? 'unknown';
}
