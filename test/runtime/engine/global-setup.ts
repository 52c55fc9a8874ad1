// Builds, on Node, the engine with emulated-dot.ts in place of the machine's own dot product.

import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { main } from 'assemblyscript/asc';

const ROOT = join(import.meta.dirname, '../../..');
const WASM = 'shared/runtime/engine/wasm';
const DOT = `${WASM}/dot.ts`;

export default async function setup(): Promise<void> {
  const emulated = relative(ROOT, join(import.meta.dirname, 'emulated-dot.ts'));
  const outFile = join(import.meta.dirname, 'emulated.wasm');
  const { error, stderr } = await main(
    // An entry too, for what it exports.
    [DOT, '--config', `${WASM}/asconfig.json`, '--target', 'release', '--baseDir', ROOT, '--outFile', outFile],
    {
      readFile: async (name, base) => {
        const file = relative(ROOT, join(base, name)) === DOT ? emulated : name;
        return readFile(join(base, file), 'utf8').catch(() => null);
      },
    },
  );
  if (error) throw new Error(`the emulated engine was not built: ${stderr.toString()}`);
}
