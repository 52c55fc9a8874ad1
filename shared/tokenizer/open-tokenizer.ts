// Opens a compiled tokenizer in workerd, where a .wasm import is a compiled module.

import { createTokenizer, type Tokenizer } from './tokenizer.ts';
import module from './tokenizer.wasm';

/** Synchronous; the cost is one copy and one look at every number of `compiled`. Throws as `createTokenizer` does. */
export function openTokenizer(compiled: Uint8Array): Tokenizer {
  return createTokenizer(module, compiled);
}
