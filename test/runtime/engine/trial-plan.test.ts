// Which of the two is at fault where a run cannot be planned: a program for which that is so at every shape is not opened, and of another it
// is the input that does not fit.

import { expect, test } from 'vitest';
import { writeProgram } from '../../../model-assets/engine/write-program.ts';
import * as c from '../../../shared/runtime/engine/command-format.ts';
import type { Loaded } from '../../../shared/runtime/engine/load-engine.ts';
import { openEngine } from '../../../shared/runtime/engine/open-engine.ts';
import * as p from '../../../shared/runtime/engine/program.ts';
import { singleStep } from './fuzz/single-steps.ts';

const WIDTH = 6;

function open(code: p.ProgramFunction, most?: number): Promise<Loaded> {
  const file = writeProgram({ functions: [code], imageBytes: 0 }, new Uint8Array());
  const chunks = (async function* () {
    yield file;
  })();
  return openEngine(chunks, file.byteLength, most === undefined ? {} : { most });
}

/** `out = in0 + in1`, each of as many rows as are fed; the sum has those of the first. Nothing says that they are equal. */
function sum(): p.ProgramFunction {
  const code = singleStep(
    p.STEP_BINARY,
    [
      [[1, WIDTH], 'out'],
      [[1, WIDTH], 'float'],
      [[1, WIDTH], 'float'],
    ],
    [c.ADD],
  );
  const sizes = [...code.sizes];
  for (const { buffer, dims } of code.views) {
    const [rows = -1] = dims;
    sizes[rows] = { kind: 'input', input: Math.max(0, buffer - 1), axis: 0 };
    sizes[code.buffers[buffer]?.length ?? -1] = { kind: 'sum', terms: [{ coefficient: WIDTH, factors: [rows] }] };
  }
  return { ...code, sizes };
}

const rowsOf = (rows: number) => ({ data: new Float32Array(rows * WIDTH).fill(rows), dims: [rows, WIDTH] });

test('inputs that do not fit one another are the fault of whoever sends them, and the next are answered', async () => {
  const { model } = (await open(sum())).sessions;
  await expect(model?.run({ in0: rowsOf(2), in1: rowsOf(3) })).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('in0 [2,6], in1 [3,6]'),
  });
  expect((await model?.run({ in0: rowsOf(3), in1: rowsOf(3) }))?.out).toEqual({
    data: new Float32Array(3 * WIDTH).fill(6),
    dims: [3, WIDTH],
  });
});

test('a program that fits no input is not opened', async () => {
  const code = sum();
  const width = code.views[2]?.dims[1] ?? -1;
  const sizes = code.sizes.with(width, { kind: 'constant', value: WIDTH - 1 });
  await expect(open({ ...code, sizes })).rejects.toMatchObject({
    code: 'model_unavailable',
    message: expect.stringContaining('damaged'),
  });
});

test('a program whose shortest input takes more than it may have is not opened', async () => {
  const elements = 2 ** 20;
  const code = singleStep(
    p.STEP_COPY,
    [
      [[elements], 'out'],
      [[elements], 'float'],
    ],
    [],
  );
  await expect(open(code, 8 * elements)).rejects.toMatchObject({
    code: 'model_unavailable',
    message: expect.stringMatching(/it needs \d+\.\d MiB of memory for the shortest input; it may have 8\.0 MiB/),
  });
  expect((await open(code, 9 * elements)).sessions.model?.bytes).toBeLessThan(elements);
});
