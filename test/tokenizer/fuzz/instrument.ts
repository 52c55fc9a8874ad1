// The tokenizer's module with a counter at every branch, for a fuzzer that is led by what it reaches.
//
// The text of the module has an instruction a line, so that a counter is a line more: where a function begins, where a condition held
// and where it did not, at every turn of a loop, and behind every jump that was not taken. Statics begin at COUNTERS, so that the
// memory below is the counters'.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
/** Bytes of memory that are left to counters. */
export const COUNTERS = 65536;

export interface Instrumented {
  readonly module: WebAssembly.Module;
  /** Counters in use: the first bytes of memory, but for FIRST, which no address is. */
  readonly points: number;
}

/** Nobody may write here: it is what a null pointer names. */
export const FIRST = 64;

export function instrument(): Instrumented {
  const folder = mkdtempSync(join(tmpdir(), 'edge-pipelines-fuzz-'));
  try {
    const tool = (name: string, ...options: string[]) =>
      execFileSync(process.execPath, [join(ROOT, 'node_modules', name), ...options], { cwd: ROOT, stdio: 'pipe' });
    const [text, wasm] = [join(folder, 'module.wat'), join(folder, 'module.wasm')];
    const config = ['--config', 'shared/tokenizer/wasm/asconfig.json', '--target', 'release'];
    tool(
      'assemblyscript/bin/asc.js',
      ...config,
      '--memoryBase',
      String(COUNTERS),
      '--outFile',
      wasm,
      '--textFile',
      text,
    );
    const { lines, points } = withCounters(readFileSync(text, 'utf8').split('\n'));
    writeFileSync(text, lines.join('\n'));
    tool('binaryen/bin/wasm-opt', text, '--all-features', '-O2', '-o', wasm);
    return { module: new WebAssembly.Module(readFileSync(wasm)), points };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function withCounters(lines: readonly string[]): { lines: string[]; points: number } {
  const out: string[] = [];
  let points = 0;
  let begins = false;
  const count = () => {
    const at = FIRST + points++;
    out.push(`i32.const ${at}`, `i32.const ${at}`, 'i32.load8_u', 'i32.const 1', 'i32.add', 'i32.store8');
  };
  for (const line of lines) {
    const code = line.trim();
    // Locals come first in a function.
    if (begins && !code.startsWith('(local')) {
      begins = false;
      count();
    }
    out.push(line);
    if (code.startsWith('(func $')) begins = true;
    else if (/^(if|else|loop|br_if|end)\b/.test(code)) count();
  }
  if (FIRST + points > COUNTERS) throw new Error(`${points} counters do not fit`);
  return { lines: out, points };
}
