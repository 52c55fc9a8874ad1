// A .wasm import is a compiled module: the CompiledWasm rule of wrangler.toml makes it one.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
