// What crossing into WebAssembly costs, in workerd: the tokenizer against its plain TypeScript twin, and the two ways to write text.

import type { Subject } from '../bench.ts';
import { withTokenizerWorker } from './tokenizer.ts';

/** Bytes of text, and runs that take long enough to be told apart. */
const SIZES = [
  [100, 40_000],
  [1_000, 4_000],
  [10_000, 400],
] as const;

export default {
  name: 'border',
  summary:
    'a call with 100 B, 1 KB and 10 KB of ASCII: WebAssembly against plain TypeScript, encodeInto against a loop',
  run: (report) =>
    withTokenizerWorker(async (compareJobs) => {
      for (const [name, job, peerJob, faster] of [
        ['encode', 'wasm', 'scalar', 1],
        ['write', 'encode-into', 'loop', 10],
      ] as const) {
        for (const [size, repeats] of SIZES) {
          const { ours, peer } = await compareJobs(`${job}?size=${size}`, `${peerJob}?size=${size}`, repeats * faster);
          report({ case: `${name} ${size} B`, unit: 'µs', ours: ours * 1e3, peer: peer * 1e3, ratio: peer / ours });
        }
      }
    }),
} satisfies Subject;
