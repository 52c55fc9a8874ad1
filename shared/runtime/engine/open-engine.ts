// Opens a program in workerd, where a .wasm import is a compiled module.

import module from './engine.wasm';
import { EngineInstance } from './instance.ts';
import { type Loaded, loadEngine } from './load-engine.ts';
import { MODES } from './modes.ts';

/** `most`: bytes that its memory never passes. Throws as `loadEngine` does. */
export function openEngine(chunks: AsyncIterable<Uint8Array>, fileBytes: number, most?: number): Promise<Loaded> {
  return loadEngine(module, chunks, fileBytes, most === undefined ? {} : { most });
}

let mode: number | undefined;

/** The name of what the engine's products do on this machine. */
export function productMode(): string {
  mode ??= new EngineInstance(module, 0).mode;
  return MODES[mode]?.name ?? 'unknown';
}
