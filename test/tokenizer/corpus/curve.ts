// What a byte costs in texts of 1 KB to 10 MB, in CPU time, which a busy machine bends less than the clock that `npm run bench -- curve`
// reads in workerd; and the memory that the longest took, beyond the compiled file. V8 is told to check bounds in code, as workerd's does.
//
//   node --wasm-enforce-bounds-checks test/tokenizer/corpus/curve.ts <tokenizer.json> …

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTokenizer } from '../../../model-assets/tokenizer/compile-tokenizer.ts';
import { createTokenizer } from '../../../shared/tokenizer/tokenizer.ts';
import { TEXTS } from '../../bench/texts.ts';

const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7];
/** Bytes of one sample at least, and samples, of which the least counts. */
const SAMPLE = 2e5;
const SAMPLES = 4;

const wasm = new WebAssembly.Module(
  readFileSync(join(import.meta.dirname, '../../../shared/tokenizer/tokenizer.wasm')),
);
for (const path of process.argv.slice(2)) {
  const compiled = compileTokenizer(readFileSync(path, 'utf8'));
  console.log(`${path}: nanoseconds a byte at ${SIZES.map((size) => `${size / 1e3} KB`).join(', ')}; bytes a byte`);
  for (const [name, make] of Object.entries(TEXTS)) {
    const tokenizer = createTokenizer(wasm, compiled);
    const costs = SIZES.map((size) => {
      const text = make(size);
      const repeats = Math.max(1, Math.round(SAMPLE / size));
      const samples = Array.from({ length: SAMPLES }, () => {
        const began = process.cpuUsage();
        for (let i = 0; i < repeats; i++) tokenizer.encode(text);
        const { user, system } = process.cpuUsage(began);
        return ((user + system) * 1e3) / (repeats * size);
      });
      return Math.min(...samples).toFixed(1);
    });
    const memory = (tokenizer.bytes - compiled.length) / Math.max(...SIZES);
    console.log(`  ${name.padEnd(8)} ${costs.map((cost) => cost.padStart(6)).join(' ')}   ${memory.toFixed(1)}`);
  }
}
