// Tables in blocks on both engines: the same graphs (fixtures/onnx-operators/block_cases.py) say the same, but for indices outside of the
// table, which are an error of the engine, as those of Gather are.

import { describe, expect, inject, test } from 'vitest';
import { writeProgram } from '../../../model-assets/engine/write-program.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { openEngine } from '../../../shared/runtime/engine/open-engine.ts';
import { ABSENT, STEP_GATHER_BLOCKS } from '../../../shared/runtime/engine/program.ts';
import { openOrtSession } from '../../../shared/runtime/ort.ts';
import { fromBase64, openCompiled, toTensor } from './compiled.ts';
import { expectClose } from './expected.ts';
import { singleStep, type Tensor } from './fuzz/single-steps.ts';
import { REFUSED } from './operators-refused.ts';

const cases = inject('operatorCases');
const graphs = inject('blockGraphs').filter(({ name }) => !REFUSED.has(name));

function openOwn(name: string) {
  const compiled = cases.find((each) => each.name === name)?.symbolic;
  if (!compiled || 'refused' in compiled) return expect.fail(`${name} is not compiled`);
  return openCompiled(engine, fromBase64(compiled.program));
}

const inputOf = (name: string) => toTensor(cases.find((each) => each.name === name)?.inputs[0] ?? expect.fail(name));

test('there are graphs of each kind', () => {
  for (const kind of ['int4', 'uint4', 'packed', 'bytes']) {
    expect(graphs.filter(({ name }) => name.startsWith(`extra_gather_blocks_${kind}_`)).length).toBeGreaterThan(3);
  }
});

describe.each(graphs)('$name', ({ name, model }) => {
  test('both engines say the same', async () => {
    const x = inputOf(name);
    const [judge, own] = [await openOrtSession({ graph: fromBase64(model) }), openOwn(name)];
    const [expected, given] = [(await judge.run({ x })).y, (await own.run({ x })).y];
    expect(given?.dims).toEqual(expected?.dims);
    if (!(expected?.data instanceof Float32Array) || !(given?.data instanceof Float32Array)) return expect.fail(name);
    // The norm adds up in another order; what is only gathered is the same to the bit.
    const bound = name.endsWith('_into_norm') ? 1e-5 : 0;
    expectClose(given.data, expected.data, { absolute: bound, relative: 0, what: name });
    await judge.close();
  });

  test('an index outside of the table', async () => {
    const x = inputOf(name);
    for (const index of [7, -8, 2 ** 31 - 1]) {
      const data = x.data instanceof BigInt64Array ? BigInt64Array.of(1n, BigInt(index)) : Int32Array.of(1, index);
      const fed = { x: { data, dims: [1, 2] } };
      await expect(openOwn(name).run(fed), `${index}`).rejects.toMatchObject({ code: 'invalid_input' });
    }
  });
});

/** Words of STEP_GATHER_BLOCKS. */
const hostile: readonly (readonly [why: string, words: readonly number[]])[] = [
  ['no rows', [0, -5, 4, 4, 16, 128, ABSENT, 8]],
  ['no rows', [0, 5, 0, 4, 16, 128, ABSENT, 8]],
  ['elements of 2 bits', [0, 5, 4, 2, 16, 128, ABSENT, 8]],
  ['blocks of 0', [0, 5, 4, 4, 0, 128, ABSENT, 8]],
  ['blocks of 8', [0, 5, 4, 4, 8, 128, ABSENT, 8]],
  ['blocks of 24', [0, 5, 4, 4, 24, 128, ABSENT, 8]],
  ['blocks of -2147483648', [0, 5, 4, 4, -(2 ** 31), 128, ABSENT, 8]],
  ['the zero point 256', [0, 5, 4, 4, 16, 128, ABSENT, 256]],
  ['outside the image', [1015, 5, 4, 4, 16, 128, ABSENT, 8]],
  ['outside the image', [0, 2 ** 28, 4, 4, 16, 128, ABSENT, 8]],
  ['outside the image', [0, 5, 4, 4, 16, 1005, ABSENT, 8]],
  ['outside the image', [0, 5, 4, 4, 16, 128, 1020, 8]],
  ['outside the image', [-1, 5, 4, 4, 16, 128, ABSENT, 8]],
];

const TAKEN: readonly Tensor[] = [
  [[2, 4], 'out'],
  [[2], 'int'],
];

test.each(hostile)('refused when it is opened: %s %j', async (why, words) => {
  const image = new Uint8Array(1024);
  const program = { functions: [singleStep(STEP_GATHER_BLOCKS, TAKEN, words)], imageBytes: image.byteLength };
  const file = writeProgram(program, image);
  const reason = expect.stringMatching(new RegExp(`${why}.*publish the model again`));
  await expect(openEngine(new Response(file).body ?? expect.fail(), file.byteLength)).rejects.toMatchObject({
    code: 'model_unavailable',
    message: reason,
  });
});
