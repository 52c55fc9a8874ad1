// onnxruntime-web's WebAssembly module, by its C interface (js/web/lib/wasm/wasm-types.ts of onnxruntime 1.30). The JavaScript above it
// copies every tensor in and out of the module at every run; whoever holds values in the module, as a decoder does, goes by this.
//
// workerd refuses to compile WebAssembly from bytes: the .wasm is imported as a module, and handed to the glue by its own hook.

// By its path: wrangler does not look into a package's `exports` for modules that it collects.
import ortModule from '../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm';

/** A place in the module's memory, or a handle; 0 is none. */
type Pointer = number;

/** What of the module is used here. Functions that return a code return 0 where all went well. */
export interface OrtModule {
  readonly HEAPU8: Uint8Array;
  readonly HEAP32: Int32Array;
  _malloc(bytes: number): Pointer;
  _free(at: Pointer): void;
  stackSave(): Pointer;
  stackRestore(stack: Pointer): void;
  stackAlloc(bytes: number): Pointer;
  UTF8ToString(at: Pointer): string;
  mountExternalData(path: string, data: Uint8Array): void;
  unmountExternalData(): void;
  _OrtInit(threads: number, loggingLevel: number): number;
  _OrtGetLastError(code: Pointer, message: Pointer): number;
  /** Level 99: all optimizations. Execution 0: one node after the other. Severity 2: warnings. */
  _OrtCreateSessionOptions(
    level: number,
    arena: boolean,
    pattern: boolean,
    execution: number,
    profiling: boolean,
    profile: Pointer,
    logId: Pointer,
    severity: number,
    verbosity: number,
    optimizedPath: Pointer,
  ): Pointer;
  _OrtReleaseSessionOptions(options: Pointer): number;
  _OrtCreateSession(model: Pointer, bytes: number, options: Pointer): Pointer | Promise<Pointer>;
  _OrtReleaseSession(session: Pointer): number;
  _OrtGetInputOutputCount(session: Pointer, inputs: Pointer, outputs: Pointer): number;
  /** Inputs first, then outputs. Name and metadata are the caller's to free. */
  _OrtGetInputOutputMetadata(session: Pointer, index: number, name: Pointer, metadata: Pointer): number;
  _OrtFree(at: Pointer): number;
  _OrtCreateTensor(type: number, data: Pointer, bytes: number, dims: Pointer, rank: number, location: number): Pointer;
  _OrtGetTensorData(tensor: Pointer, type: Pointer, data: Pointer, dims: Pointer, rank: Pointer): number;
  _OrtReleaseTensor(tensor: Pointer): number;
  _OrtRun(
    session: Pointer,
    inputNames: Pointer,
    inputs: Pointer,
    inputCount: number,
    outputNames: Pointer,
    outputCount: number,
    outputs: Pointer,
    options: Pointer,
  ): number | Promise<number>;
}

let started: Promise<OrtModule> | undefined;
let current: OrtModule | undefined;
let memory: WebAssembly.Memory | undefined;

/** The module, started by the first who asks; after a failure, and after it was dropped, by the next. */
export function ort(): Promise<OrtModule> {
  started ??= start().then(
    (module) => {
      current = module;
      return module;
    },
    (error: unknown) => {
      started = undefined;
      throw error;
    },
  );
  return started;
}

/** Memory of the module in bytes; 0 while there is none. It grows with what is asked, and shrinks only by being dropped. */
export function ortHeapBytes(): number {
  return memory?.buffer.byteLength ?? 0;
}

/** Whether it is the module in use. One that was dropped is not, and nothing of it is to be freed. */
export const isCurrent = (module: OrtModule): boolean => module === current;

/** Gives the module's memory back, with the last reference to it. To be called when its sessions are closed, or when it has failed. */
export function dropOrt(module: OrtModule): void {
  if (!isCurrent(module)) return;
  started = undefined;
  current = undefined;
  memory = undefined;
}

/** Throws the module's last error, with its own words. */
export function fail(module: OrtModule, what: string): never {
  const stack = module.stackSave();
  const at = module.stackAlloc(8);
  module._OrtGetLastError(at, at + 4);
  const message = pointerAt(module, at + 4);
  const words = message ? module.UTF8ToString(message) : 'without a word';
  module.stackRestore(stack);
  throw new Error(`${what}: ${words}`);
}

export function pointerAt({ HEAP32 }: OrtModule, at: Pointer): Pointer {
  return (HEAP32[at >> 2] ?? 0) >>> 0;
}

async function start(): Promise<OrtModule> {
  const { process } = globalThis as { process?: { type?: string | undefined } };
  const type = process?.type;
  // Under nodejs_compat the glue would take the isolate for Node, and ask for its files and threads; a renderer has neither.
  if (process) process.type = 'renderer';
  try {
    return await startGlue();
  } finally {
    if (process) process.type = type;
  }
}

async function startGlue(): Promise<OrtModule> {
  const { default: ortWasmThreaded } = await import('onnxruntime-web/ort-wasm-simd-threaded.mjs');
  const module: OrtModule = await ortWasmThreaded({
    numThreads: 1,
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, module: unknown) => void) {
      const instance = new WebAssembly.Instance(ortModule, imports);
      const candidates = [
        ...Object.values(imports).flatMap((group) => Object.values(group)),
        ...Object.values(instance.exports),
      ];
      memory = candidates.find((value): value is WebAssembly.Memory => value instanceof WebAssembly.Memory);
      done(instance, ortModule);
    },
  });
  if (module._OrtInit(1, 2) !== 0) fail(module, 'onnxruntime does not start');
  return module;
}
