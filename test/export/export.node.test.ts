// The exporter's own tests, which are Python's: run where there is one with model-assets/export/requirements.txt, EXPORT_PYTHON or python3.

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PYTHON = process.env.EXPORT_PYTHON ?? 'python3';
const NEEDED =
  'import torch, transformers, onnx, onnxruntime, sentencepiece, sacremoses; assert transformers.__version__ == "4.57.6"';

const found = spawnSync(PYTHON, ['-c', NEEDED], { encoding: 'utf8' });
const lacks = found.error?.message ?? (found.status === 0 ? undefined : found.stderr.trim().split('\n').at(-1));
if (lacks !== undefined) {
  console.warn(
    `SKIPPED: the exporter is not tested. ${PYTHON}: ${lacks} (pip install -r model-assets/export/requirements.txt; EXPORT_PYTHON names another)`,
  );
}

test.skipIf(lacks !== undefined)('python -m unittest discover -s test/export', { timeout: 900_000 }, async () => {
  const { stderr } = await promisify(execFile)(PYTHON, ['-m', 'unittest', 'discover', '-s', import.meta.dirname]);
  expect(stderr).toMatch(/Ran \d\d tests/);
  expect(stderr).toMatch(/OK/);
});
