// Compiles, on Node, the operator cases of fixtures/onnx-operators.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TestProject } from 'vitest/node';
import { compile } from '../../../model-assets/engine/compile.ts';
import type { CaseTensor, CompiledCase } from './operator-cases.ts';

const FILE = join(import.meta.dirname, '../../fixtures/onnx-operators/cases.jsonl.gz');

/** As generate.py writes it: models in base64. */
interface Line {
  readonly name: string;
  readonly tolerance?: number;
  readonly model: string;
  readonly symbolic: string | null;
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
}

export default async function setup(project: TestProject): Promise<void> {
  const lines = gunzipSync(await readFile(FILE))
    .toString()
    .trim()
    .split('\n');
  const cases = lines.map((line) => JSON.parse(line) as Line);
  project.provide(
    'operatorCases',
    cases.map(({ model, symbolic, ...rest }) => ({
      ...rest,
      fixed: compiled(model),
      symbolic: symbolic === null ? null : compiled(symbolic),
    })),
  );
}

function compiled(model: string): CompiledCase {
  const source = { name: 'model', onnx: Buffer.from(model, 'base64'), externalData: new Map<string, Uint8Array>() };
  try {
    return { program: Buffer.from(compile([source]).bytes).toString('base64') };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}
