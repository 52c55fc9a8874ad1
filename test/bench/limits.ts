// Compiles wasm/limits.ts, which the Workers that measure against it import.

import { join } from 'node:path';
import { main } from 'assemblyscript/asc';

const FOLDER = join(import.meta.dirname, 'wasm');
const OPTIONS = '--runtime stub --importMemory --noExportMemory --enable simd --enable relaxed-simd -O1'.split(' ');

export async function buildLimits(): Promise<void> {
  const { error, stderr } = await main(['limits.ts', '--baseDir', FOLDER, '--outFile', 'limits.wasm', ...OPTIONS]);
  if (error) throw new Error(stderr.toString());
}
