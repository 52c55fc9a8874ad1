// Throughput in CPU time, which a busy machine bends less than the clock that `npm run bench -- tokenizer` reads in workerd: this project,
// @huggingface/tokenizers (no offsets) and the Rust core of Python's tokenizers. V8 is told to check bounds in code, as workerd's does.
//
//   PYTHON=… node --wasm-enforce-bounds-checks test/tokenizer/corpus/speed.ts <text> <tokenizer.json> …

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as Peer } from '@huggingface/tokenizers';
import { compileTokenizer } from '../../../model-assets/tokenizer/compile-tokenizer.ts';
import { createTokenizer } from '../../../shared/tokenizer/tokenizer.ts';

/** Samples, of which the least counts. */
const SAMPLES = 12;
const RUST = `
import os, sys, time
os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_truncation(); tokenizer.no_padding()
lines, best = sys.stdin.read().split("\\n"), 1e9
for _ in range(30):
    began = time.process_time()
    for line in lines:
        encoding = tokenizer.encode(line)
        encoding.ids, encoding.offsets
    best = min(best, time.process_time() - began)
print(best)
`;

const [textFile = '', ...paths] = process.argv.slice(2);
const text = readFileSync(textFile, 'utf8').trimEnd();
const lines = text.split('\n');
const wasm = new WebAssembly.Module(
  readFileSync(join(import.meta.dirname, '../../../shared/tokenizer/tokenizer.wasm')),
);
const speedOf = (seconds: number) => Buffer.byteLength(text) / 1e6 / seconds;

function cpu(run: (line: string) => number, repeats: number): number {
  const samples = Array.from({ length: SAMPLES }, () => {
    const began = process.cpuUsage();
    let sum = 0;
    for (let i = 0; i < repeats; i++) for (const line of lines) sum += run(line);
    const { user, system } = process.cpuUsage(began);
    return sum > 0 ? (user + system) / 1e6 / repeats : Number.POSITIVE_INFINITY;
  });
  return Math.min(...samples);
}

for (const path of paths) {
  const json = readFileSync(path, 'utf8');
  const tokenizer = createTokenizer(wasm, compileTokenizer(json));
  const peer = new Peer(JSON.parse(json), {});
  const ours = speedOf(
    cpu((line) => {
      const [encoding] = tokenizer.encode(line);
      return (encoding?.ids.length ?? 0) + (encoding?.offsets[3] ?? 0);
    }, 20),
  );
  const script = speedOf(cpu((line) => peer.encode(line).ids.length, 3));
  const { PYTHON } = process.env;
  const core = PYTHON && speedOf(Number(execFileSync(PYTHON, ['-c', RUST, path], { input: text, encoding: 'utf8' })));
  const against = (peers: number) => `${peers.toFixed(2)} (${(ours / peers).toFixed(1)} times)`;
  console.log(
    `${path}: ${ours.toFixed(1)} MB/s; JavaScript ${against(script)}${core ? `; Rust core ${against(core)}` : ''}`,
  );
}
