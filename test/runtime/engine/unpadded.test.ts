// Which batches are run without their padding, and which as they are. That the answers are right: test/seeded/padding.test.ts.

import { expect, test } from 'vitest';
import { INT_TO_FLOAT } from '../../../shared/runtime/engine/command-format.ts';
import module from '../../../shared/runtime/engine/engine.wasm';
import { EngineSession } from '../../../shared/runtime/engine/engine-session.ts';
import { EngineInstance } from '../../../shared/runtime/engine/instance.ts';
import { type ProgramFunction, type Size, STEP_UNARY } from '../../../shared/runtime/engine/program.ts';
import { lengthsWithoutPadding, runWithoutPadding } from '../../../shared/runtime/engine/unpadded.ts';
import type { Feeds } from '../../../shared/runtime/session.ts';

const FLOAT = 1;
const INT64 = 7;
// Of rows, of tokens, 8, and what both make together.
const SIZES: readonly Size[] = [
  { kind: 'input', input: 0, axis: 0 },
  { kind: 'input', input: 0, axis: 1 },
  { kind: 'constant', value: 8 },
  { kind: 'sum', terms: [{ coefficient: 1, factors: [0, 1] }] },
];

function graph(dims: readonly number[], type = FLOAT, inputs = ['input_ids', 'attention_mask']): ProgramFunction {
  return {
    graph: 'model',
    condition: null,
    sizes: SIZES,
    inputs: inputs.map((name) => ({ name, type: INT64, dims: [0, 1] })),
    outputs: [
      { name: 'output', type, dims, buffer: 0 },
      { name: 'other', type: FLOAT, dims: [3], buffer: 0 },
    ],
    buffers: [],
    views: [],
    steps: [],
    equalities: [],
  };
}

/** The same where a size is a constant. */
const fixed = (code: ProgramFunction, size: number, value: number): ProgramFunction => ({
  ...code,
  sizes: code.sizes.with(size, { kind: 'constant', value }),
});

/** The same where the second input has other dimensions. */
const reshaped = (code: ProgramFunction, dims: readonly number[]): ProgramFunction => ({
  ...code,
  inputs: code.inputs.map((input, i) => (i === 1 ? { ...input, dims } : input)),
});

const tensor = (rows: readonly (readonly number[])[]) => ({
  data: BigInt64Array.from(rows.flat(), BigInt),
  dims: [rows.length, rows[0]?.length ?? 0],
});
const PADDED = {
  input_ids: tensor([
    [5, 6, 7],
    [8, 9, 1],
  ]),
  attention_mask: tensor([
    [1, 1, 1],
    [1, 1, 0],
  ]),
};
const FULL = {
  input_ids: tensor([
    [5, 6],
    [8, 9],
  ]),
  attention_mask: tensor([
    [1, 1],
    [0, 1],
  ]),
};

test.each([
  ['an output for each token', [0, 1, 2]],
  ['an output for each row', [0, 2]],
  ['a number for each token', [0, 1]],
])('%s: without padding', (_, dims) => {
  expect(lengthsWithoutPadding(graph(dims), PADDED, ['output'])).toEqual([3, 2]);
});

test.each([
  ['no padding at the end', graph([0, 1, 2]), FULL, ['output']],
  ['tokens in another dimension than the second', graph([0, 2, 1]), PADDED, ['output']],
  ['tokens in two dimensions', graph([0, 1, 1]), PADDED, ['output']],
  ['rows and tokens in one dimension', graph([3, 2]), PADDED, ['output']],
  ['elements that are no floats', graph([0, 1], INT64), PADDED, ['output']],
  ['a past', graph([0, 1], FLOAT, ['input_ids', 'attention_mask', 'past_key_values.0.key']), PADDED, ['output']],
  ['an output of another form is wanted too', graph([0, 1]), PADDED, ['output', 'other']],
  ['texts of one length', fixed(graph([0, 2]), 1, 3), PADDED, ['output']],
  ['texts of one number', fixed(graph([0, 2]), 0, 2), PADDED, ['output']],
  ['a mask of one length', reshaped(graph([0, 2]), [0, 2]), PADDED, ['output']],
  ['a mask without rows', reshaped(graph([0, 2]), [0]), PADDED, ['output']],
  ['a mask of another shape', graph([0, 2]), { ...PADDED, attention_mask: tensor([[1, 1, 1, 1, 1, 0]]) }, ['output']],
])('%s: as it is', (_, code, feeds, wanted) => {
  expect(lengthsWithoutPadding(code, feeds, wanted)).toBeNull();
});

test('rows are put together as they come, and each is told what all take', () => {
  const told: number[] = [];
  const run = ({ input_ids: ids }: Feeds, beside: number) => {
    told.push(beside);
    const row = Float32Array.from(ids?.data ?? [], Number);
    return { output: { data: row, dims: [1, row.length] }, other: { data: Float32Array.of(row.length), dims: [1] } };
  };
  const code = graph([0, 1]);
  const outputs = code.outputs.map((output) => (output.name === 'other' ? { ...output, dims: [0] } : output));
  expect(runWithoutPadding({ ...code, outputs }, PADDED, [3, 2], ['other', 'output', 'other'], run)).toEqual({
    other: { data: Float32Array.of(3, 2), dims: [2] },
    output: { data: Float32Array.of(5, 6, 7, 8, 9, 0), dims: [2, 3] },
  });
  expect(told).toEqual([4 * 8, 4 * 8]);
});

test('what a padded batch is answered with counts beside its memory, as of one that is run as a whole', async () => {
  const [rows, tokens, most] = [64, 2 ** 14, 2 ** 21];
  const view = { offset: 4, dims: [0, 1], strides: [1, 5] };
  const toFloats: ProgramFunction = {
    ...graph([0, 1]),
    sizes: [...SIZES, { kind: 'constant', value: 0 }, { kind: 'constant', value: 1 }],
    outputs: [{ name: 'output', type: FLOAT, dims: [0, 1], buffer: 1 }],
    buffers: [
      { length: 3, isFloat: false, place: { kind: 'input', input: 0 } },
      { length: 3, isFloat: true, place: { kind: 'work' } },
    ],
    views: [0, 1].map((buffer) => ({ buffer, ...view })),
    steps: [{ kind: STEP_UNARY, views: [1, 0], words: [INT_TO_FLOAT] }],
  };
  const session = new EngineSession(new EngineInstance(module, 0, { most }), [toFloats]);
  const run = (count: number) => {
    const ones = new BigInt64Array(count * tokens).fill(1n);
    const dims = [count, tokens];
    return session.run({ input_ids: { data: ones, dims }, attention_mask: { data: ones.with(-1, 0n), dims } });
  };
  expect((await run(2)).output?.data).toEqual(new Float32Array(2 * tokens).fill(1).fill(0, -1));
  await expect(run(rows)).rejects.toMatchObject({ code: 'too_large' });
});
