// The glue beside onnxruntime-web's .wasm comes without types.
declare module 'onnxruntime-web/ort-wasm-simd-threaded.mjs' {
  import type { OrtModule } from './ort-module.ts';
  export default function ortWasmThreaded(options: {
    numThreads: number;
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: unknown) => void,
    ): void;
  }): Promise<OrtModule>;
}
