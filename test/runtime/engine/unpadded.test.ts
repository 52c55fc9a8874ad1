// Which batches are run without their padding, and which as they are. That the answers are right: test/seeded/padding.test.ts.

import { expect, test } from 'vitest';
import type { ProgramFunction, Size } from '../../../shared/runtime/engine/program.ts';
import { lengthsWithoutPadding } from '../../../shared/runtime/engine/unpadded.ts';

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
])('%s: as it is', (_, code, feeds, wanted) => {
  expect(lengthsWithoutPadding(code, feeds, wanted)).toBeNull();
});
