// Programs as the compiler wrote them, opened in an instance of their own, and tensors of operator cases.

import { EngineSession } from '../../../shared/runtime/engine/engine-session.ts';
import { EngineInstance } from '../../../shared/runtime/engine/instance.ts';
import { HEADER_BYTES } from '../../../shared/runtime/engine/program-format.ts';
import { readHeader, readProgram } from '../../../shared/runtime/engine/read-program.ts';
import type { Tensor, TensorData } from '../../../shared/tensor.ts';
import type { CaseTensor } from './operator-cases.ts';

/** The first graph of a program. `mode`: how rows are quantized, where not as the machine is best at. */
export function openCompiled(module: WebAssembly.Module, bytes: Uint8Array, mode?: number): EngineSession {
  const header = readHeader(bytes.subarray(0, HEADER_BYTES), bytes.byteLength);
  const start = HEADER_BYTES + header.programBytes;
  const program = readProgram(header, bytes.subarray(HEADER_BYTES, start));
  const { keepsToPairs } = header;
  const instance = new EngineInstance(module, program.imageBytes, {
    keepsToPairs,
    ...(mode !== undefined && { mode }),
  });
  instance.memory.set(bytes.subarray(start), instance.image.at);
  return new EngineSession(instance, program.functions);
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

const ARRAYS: Readonly<Record<number, (buffer: ArrayBufferLike) => TensorData>> = {
  1: (buffer) => new Float32Array(buffer),
  6: (buffer) => new Int32Array(buffer),
  7: (buffer) => new BigInt64Array(buffer),
  9: (buffer) => new Uint8Array(buffer),
};

export function toTensor({ type, dims, data }: CaseTensor): Tensor<TensorData> {
  const array = ARRAYS[type];
  if (!array) throw new Error(`no tensor has elements of type ${type}`);
  return { data: array(fromBase64(data).buffer), dims };
}
