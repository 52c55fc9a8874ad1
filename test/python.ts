// Tests that are Python's own: run where there is one with the packages that they need, EXPORT_PYTHON or python3.

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PYTHON = process.env.EXPORT_PYTHON ?? 'python3';

/** The test of a `folder` of unittests, skipped loudly where Python lacks a package; `requirements` is the file that has them. */
export function testInPython(name: string, folder: string, needed: string, requirements: string): void {
  const found = spawnSync(PYTHON, ['-c', needed], { encoding: 'utf8' });
  const lacks = found.error?.message ?? (found.status === 0 ? undefined : found.stderr.trim().split('\n').at(-1));
  if (lacks !== undefined) {
    const cure = `pip install -r ${requirements}; EXPORT_PYTHON names another`;
    console.warn(`SKIPPED: ${name}. ${PYTHON}: ${lacks} (${cure})`);
  }
  test.skipIf(lacks !== undefined)(name, { timeout: 900_000 }, async () => {
    const { stderr } = await promisify(execFile)(PYTHON, ['-m', 'unittest', 'discover', '-s', folder], {
      env: { ...process.env, PYTHONPATH: 'model-assets' },
    });
    expect(stderr).toMatch(/Ran [1-9]\d* tests/);
    expect(stderr).toMatch(/OK/);
  });
}
