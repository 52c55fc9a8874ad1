// Compiles, on Node, the operator cases of fixtures/onnx-operators, and the graphs of fixtures/older-exporters.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TestProject } from 'vitest/node';
import { compile } from '../../../model-assets/engine/compile.ts';
import type { CaseRun, CaseTensor, CompiledCase } from './operator-cases.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** As the generate.py of each writes them: models in base64. */
interface OlderLine {
  readonly name: string;
  readonly model: string;
  readonly runs: readonly CaseRun[];
}

interface OperatorLine {
  readonly name: string;
  readonly tolerance?: number;
  readonly model: string;
  readonly symbolic: string | null;
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
}

export default async function setup(project: TestProject): Promise<void> {
  const cases = await readLines<OperatorLine>('onnx-operators');
  project.provide(
    'operatorCases',
    cases.map(({ model, symbolic, ...rest }) => ({
      ...rest,
      fixed: compiled(model),
      symbolic: symbolic === null ? null : compiled(symbolic),
    })),
  );
  project.provide(
    'blockGraphs',
    cases.filter(({ name }) => name.startsWith('extra_gather_blocks_')).map(({ name, model }) => ({ name, model })),
  );
  const graphs = await readLines<OlderLine>('older-exporters');
  project.provide(
    'olderGraphs',
    graphs.map(({ name, model, runs }) => ({ name, runs, compiled: compiled(model) })),
  );
}

async function readLines<T>(folder: string): Promise<T[]> {
  const text = gunzipSync(await readFile(join(FIXTURES, folder, 'cases.jsonl.gz'))).toString();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

function compiled(model: string): CompiledCase {
  const source = { name: 'model', onnx: Buffer.from(model, 'base64'), externalData: new Map<string, Uint8Array>() };
  try {
    return { program: Buffer.from(compile([source]).bytes).toString('base64') };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}
