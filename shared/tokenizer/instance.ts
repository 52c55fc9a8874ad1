// One instance of tokenizer.wasm: what it exports, and how a compiled tokenizer comes into it.

import { ServiceError } from '../errors.ts';

/** What wasm/index.ts exports; numbers are signed. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  readonly outcome: WebAssembly.Global;
  place(length: number): number;
  open(length: number): number;
  vocabularySize(): number;
  room(length: number): number;
  encode(firstLength: number, secondLength: number, flags: number, maxLength: number): number;
  find(length: number): number;
  piece(id: number): number;
}

/**
 * Puts what `compileTokenizer` made into an instance that holds nothing else, and returns its address there.
 * @throws ServiceError `model_unavailable` if `compiled` is cut, altered, or of another version.
 */
export function placeIn(exports: WasmExports, compiled: Uint8Array): number {
  const start = exports.place(compiled.byteLength) >>> 0;
  if (start === 0)
    throw new ServiceError('model_unavailable', `no memory for a tokenizer of ${compiled.byteLength} bytes`);
  new Uint8Array(exports.memory.buffer).set(compiled, start);
  if (exports.open(compiled.byteLength) !== 0) {
    throw new ServiceError(
      'model_unavailable',
      'the compiled tokenizer is cut, altered or of another version; compile it again',
    );
  }
  return start;
}
