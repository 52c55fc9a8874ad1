// Starts onnxruntime-web in workerd, which refuses to compile WebAssembly from bytes: the runtime's .wasm is imported as a
// module, and for the length of the start-up `WebAssembly.instantiate` hands that module out where bytes are given.

import * as ort from 'onnxruntime-web/wasm';
// By its path: wrangler does not look into a package's `exports` for modules that it collects.
import ortModule from '../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm';

let memory: WebAssembly.Memory | undefined;

/** WASM memory of onnxruntime-web in bytes; 0 before its first session. It never shrinks. */
export function ortHeapBytes(): number {
  return memory?.buffer.byteLength ?? 0;
}

/** Runs `create`, the first of which starts the runtime, and returns its result. Not to be called twice at once. */
export async function withOrt<T>(create: (api: typeof ort) => Promise<T>): Promise<T> {
  if (memory) return create(ort);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  // Never read: a given binary selects the branch of the start-up that needs no URL, and workerd has none.
  ort.env.wasm.wasmBinary = new ArrayBuffer(8);
  const instantiate = WebAssembly.instantiate;
  Object.assign(WebAssembly, { instantiate: instantiateImported });
  try {
    return await create(ort);
  } finally {
    Object.assign(WebAssembly, { instantiate });
  }
}

async function instantiateImported(source: unknown, imports: WebAssembly.Imports): Promise<unknown> {
  const module = source instanceof WebAssembly.Module ? source : ortModule;
  const instance = new WebAssembly.Instance(module, imports);
  const candidates = [
    ...Object.values(imports).flatMap((group) => Object.values(group)),
    ...Object.values(instance.exports),
  ];
  memory = candidates.find((value): value is WebAssembly.Memory => value instanceof WebAssembly.Memory);
  return source instanceof WebAssembly.Module ? instance : { instance, module };
}
