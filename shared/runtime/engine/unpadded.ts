// Padding is not computed: a batch whose rows end in tokens that the mask hides is run row by row without them. So a row's answer is that
// of the row alone, and costs as much. Where there was padding the outputs are 0.

import type { Tensor, TensorData } from '../../tensor.ts';
import type { Feeds, Fetches, HeldFeeds } from '../session.ts';
import type { ProgramFunction } from './program.ts';

/** Inputs of graphs whose rows know nothing of one another: encoders, and decoders without a past. */
const OF_TOKENS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];

/** onnx.TensorProto.DataType */
const FLOAT = 1;

/**
 * Tokens of each row up to its padding, where a row has some and the wanted outputs can be put together of rows without; else null, and
 * the batch is run as it is.
 */
export function lengthsWithoutPadding(
  code: ProgramFunction,
  feeds: HeldFeeds,
  wanted: readonly string[],
): readonly number[] | null {
  const { input_ids: ids, attention_mask: mask } = feeds;
  if (!ids || !mask || !('data' in ids) || !('data' in mask) || mask.data instanceof Float32Array) return null;
  const [rows = 0, tokens = 0] = ids.dims;
  const names = code.inputs.map(({ name }) => name);
  if (ids.dims.length !== 2 || code.condition || !names.every((name) => OF_TOKENS.includes(name))) return null;
  const [sizeOfRows = -1, sizeOfTokens = -1] = code.inputs[names.indexOf('input_ids')]?.dims ?? [];
  const outputs = code.outputs.filter(({ name }) => wanted.includes(name));
  const canJoin = outputs.every(
    ({ type, dims }) =>
      type === FLOAT &&
      dims[0] === sizeOfRows &&
      dims.every((size, axis) => (axis === 1 && size === sizeOfTokens) || isFixed(code, size, axis)),
  );
  if (!canJoin || code.inputs.some(({ dims }) => dims[0] !== sizeOfRows) || mask.data.length !== rows * tokens)
    return null;
  const { data } = mask;
  const lengths = Array.from({ length: rows }, (_, row) => {
    let length = tokens;
    while (length > 0 && !Number(data[row * tokens + length - 1])) length--;
    // A row of nothing but padding is what it is.
    return length || tokens;
  });
  return lengths.some((length) => length < tokens) ? lengths : null;
}

/** Whether a dimension of an output is the same in a batch and in its rows; the first is that of the rows. */
function isFixed({ sizes }: ProgramFunction, size: number, axis: number): boolean {
  return axis === 0 || sizes[size]?.kind === 'constant';
}

/** The outputs of a batch, of which `run` computes one row at a time. */
export function runWithoutPadding(
  code: ProgramFunction,
  feeds: HeldFeeds,
  lengths: readonly number[],
  run: (feeds: Feeds) => Fetches,
): Fetches {
  const tokens = feeds.input_ids?.dims[1] ?? 0;
  const sizeOfTokens = code.inputs.find(({ name }) => name === 'input_ids')?.dims[1];
  const rows = lengths.map((length, row) => run(rowOf(feeds, row, tokens, length)));
  const first = rows[0] ?? {};
  const names = Object.keys(first);
  return Object.fromEntries(
    names.map((name) => {
      const isByTokens = code.outputs.find((output) => output.name === name)?.dims[1] === sizeOfTokens;
      return [
        name,
        together(
          rows.map((row) => row[name]),
          isByTokens ? tokens : undefined,
        ),
      ];
    }),
  );
}

function rowOf(feeds: HeldFeeds, row: number, tokens: number, length: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      if (!('data' in tensor)) throw new Error(`${name} is held`);
      const data = tensor.data.subarray(row * tokens, row * tokens + length);
      return [name, { data, dims: [1, length] }];
    }),
  );
}

/** Rows as one tensor; `tokens`: those of its second dimension, to which shorter rows are filled up. */
function together(rows: readonly (Tensor<TensorData> | undefined)[], tokens: number | undefined): Tensor {
  const [first] = rows;
  const dims = [rows.length, tokens ?? first?.dims[1] ?? 1, ...(first?.dims.slice(2) ?? [])].slice(
    0,
    first?.dims.length,
  );
  const perRow = dims.slice(1).reduce((x, y) => x * y, 1);
  const data = new Float32Array(rows.length * perRow);
  for (const [i, row] of rows.entries()) {
    if (row?.data instanceof Float32Array) data.set(row.data, i * perRow);
  }
  return { data, dims };
}
