// Has Node take the types off each file of the tool once, and not at every start: that is half of a start's time. What is left of a file is
// kept by the hash of its text, so that nothing kept is ever old, and so is what V8 makes of it; the folder can be deleted. In JavaScript,
// and for node's --import: Node's own stripper is not loaded then.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { enableCompileCache, registerHooks, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = join(import.meta.dirname, '..', 'node_modules', '.cache', 'edge-pipelines');

enableCompileCache(FOLDER);
registerHooks({
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
    return { format: 'module', source: stripped(readFileSync(fileURLToPath(url), 'utf8')), shortCircuit: true };
  },
});

function stripped(text) {
  const key = createHash('sha256').update(process.version).update(text).digest('hex');
  const path = join(FOLDER, `${key}.js`);
  try {
    return readFileSync(path, 'utf8');
  } catch {
    const code = quietly(() => stripTypeScriptTypes(text));
    keep(path, code);
    return code;
  }
}

/** Node warns that this is an experiment of its own, which who calls a command cannot do anything about. */
function quietly(work) {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Where it cannot be kept, as in a folder of somebody else's, it is done again. */
function keep(path, code) {
  try {
    mkdirSync(FOLDER, { recursive: true });
    // Others may do so at the same time, and nobody is to read half of it.
    writeFileSync(`${path}.${process.pid}`, code);
    renameSync(`${path}.${process.pid}`, path);
  } catch {}
}
