// What is written is what is read: programs of the seeded checkpoints and of the operator cases, with their images.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compile } from '../../model-assets/engine/compile.ts';
import { writeProgram } from '../../model-assets/engine/write-program.ts';
import {
  STEP_ATTENTION,
  STEP_ATTENTION_I8,
  STEP_GATHER_BLOCKS,
  STEP_LINEAR,
  WEIGHTS_F32,
  WEIGHTS_I4,
  WEIGHTS_I8,
} from '../../shared/runtime/engine/program.ts';
import { crc32, HEADER_BYTES } from '../../shared/runtime/engine/program-format.ts';
import { readHeader, readProgram } from '../../shared/runtime/engine/read-program.ts';
import { singleStep, type Tensor } from '../runtime/engine/fuzz/single-steps.ts';

const ROOT = join(import.meta.dirname, '../..');

function expectRoundTrip({ bytes, program, lowered }: ReturnType<typeof compile>): void {
  const header = readHeader(bytes.subarray(0, HEADER_BYTES), bytes.byteLength);
  // Of the first version that has what it holds.
  const has = (kind: number) => program.functions.some(({ steps }) => steps.some((step) => step.kind === kind));
  const keeps = program.functions.some(({ sizes }) => sizes.some(({ kind }) => kind === 'kept'));
  const version = keeps ? 5 : has(STEP_ATTENTION_I8) ? 3 : has(STEP_GATHER_BLOCKS) ? 2 : 1;
  expect(new Uint32Array(bytes.slice(0, 8).buffer)[1]).toBe(version);
  const code = bytes.subarray(HEADER_BYTES, HEADER_BYTES + header.programBytes);
  expect(readProgram(header, code)).toEqual(program);
  expect(header.imageBytes).toBe(program.imageBytes);
  expect(bytes.byteLength).toBe(HEADER_BYTES + header.programBytes + header.imageBytes);
  // Vectors are read from here on.
  expect((HEADER_BYTES + header.programBytes) % 32).toBe(0);
  expect(lowered.map(({ from }) => from.length)).toEqual(program.functions.map(({ steps }) => steps.length));
}

const folders = globSync('model-assets/{seeded,seeded-writing}/seeded-*', { cwd: ROOT }).sort();

test.each(folders)('%s, all graphs in one file', (folder) => {
  const sources = globSync('*.onnx', { cwd: join(ROOT, folder) }).map((file) => {
    const data = join(ROOT, folder, `${file}.data`);
    const externalData = new Map(existsSync(data) ? [[basename(data), readFileSync(data)]] : []);
    return { name: file.replace('.onnx', ''), onnx: readFileSync(join(ROOT, folder, file)), externalData };
  });
  const all = compile(sources);
  expectRoundTrip(all);
  // Weights that graphs share lie in the image once.
  const alone = sources.map((source) => compile([source]).program.imageBytes);
  if (sources.length > 1) expect(all.program.imageBytes).toBeLessThan(alone.reduce((x, y) => x + y, 0));
});

test('attention in int8', () => {
  const onnx = readFileSync(join(ROOT, 'model-assets/seeded/seeded-bert-text-classification/model.onnx'));
  const floats = compile([{ name: 'model', onnx, externalData: new Map() }]);
  const bytes = compile([{ name: 'model', onnx, externalData: new Map() }], { attention: 'int8' });
  expectRoundTrip(bytes);
  expect(bytes.program).not.toEqual(floats.program);
  expect(bytes.program.imageBytes).toBe(floats.program.imageBytes);
});

test.each([
  [STEP_ATTENTION, [], 1],
  [STEP_ATTENTION, [1], 4],
  [STEP_ATTENTION_I8, [], 3],
  [STEP_ATTENTION_I8, [1], 4],
])('attention of kind %i with %j behind its scale is of version %i', (kind, more, version) => {
  const tensors = ['out', 'float', 'float', 'float'].map((place) => [[1, 2, 3, 4], place] as Tensor);
  const program = { functions: [singleStep(kind, tensors, [0, ...more])], imageBytes: 0 };
  const bytes = writeProgram(program, new Uint8Array());
  expect(new Uint32Array(bytes.slice(0, 8).buffer)[1]).toBe(version);
  const header = readHeader(bytes.subarray(0, HEADER_BYTES), bytes.byteLength);
  expect(readProgram(header, bytes.subarray(HEADER_BYTES))).toEqual(program);
});

test.each([
  [WEIGHTS_F32, 1],
  [WEIGHTS_I8, 1],
  [WEIGHTS_I4, 7],
])('a layer with weights of kind %i is of version %i', (kind, version) => {
  const tensors: Tensor[] = [
    [[2, 3], 'out'],
    [[2, 6], 'float'],
  ];
  const program = { functions: [singleStep(STEP_LINEAR, tensors, [0, 3, 6, 0, kind])], imageBytes: 0 };
  const bytes = writeProgram(program, new Uint8Array());
  expect(new Uint32Array(bytes.slice(0, 8).buffer)[1]).toBe(version);
  const header = readHeader(bytes.subarray(0, HEADER_BYTES), bytes.byteLength);
  expect(readProgram(header, bytes.subarray(HEADER_BYTES))).toEqual(program);
});

test('operators', () => {
  const file = join(ROOT, 'test/fixtures/onnx-operators/cases.jsonl.gz');
  let compiled = 0;
  for (const line of gunzipSync(readFileSync(file)).toString().trim().split('\n')) {
    const { model, symbolic }: { model: string; symbolic: string | null } = JSON.parse(line);
    for (const onnx of [model, symbolic].flatMap((each) => (each ? Buffer.from(each, 'base64') : []))) {
      let result: ReturnType<typeof compile>;
      try {
        result = compile([{ name: 'model', onnx, externalData: new Map() }]);
      } catch {
        continue;
      }
      expectRoundTrip(result);
      compiled++;
    }
  }
  expect(compiled).toBeGreaterThan(1000);
});

test('lists longer than the arguments of a call may be', () => {
  const words = Array.from({ length: 300_000 }, (_, i) => i);
  const code = {
    graph: 'model',
    condition: null,
    sizes: [],
    inputs: [],
    outputs: [],
    buffers: [],
    views: [],
    equalities: [],
  };
  const program = { functions: [{ ...code, steps: [{ kind: 1, views: [], words }] }], imageBytes: 0 };
  const bytes = writeProgram(program, new Uint8Array());
  expect(new Int32Array(bytes.buffer).subarray(-words.length - 32).indexOf(words.length - 1)).toBeGreaterThan(0);
});

test('the checksum is that of gzip', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});
