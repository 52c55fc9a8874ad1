// Padding is not computed: a batch whose rows end in tokens that the mask hides is run row by row without them. So a row's answer is that
// of the row alone, and costs as much. Where there was padding the outputs are 0.

import type { Tensor } from '../../tensor.ts';
import type { Feeds, Fetches, HeldFeeds } from '../session.ts';
import { tensorBytes } from './elements.ts';
import type { ProgramFunction, ProgramInput } from './program.ts';
import { evaluateSizes } from './sizes.ts';

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
  if (code.condition || !code.inputs.every((input) => isOfTokens(code, input, feeds, ids.dims))) return null;
  const [sizeOfRows, sizeOfTokens] = code.inputs.find(({ name }) => name === 'input_ids')?.dims ?? [];
  const outputs = code.outputs.filter(({ name }) => wanted.includes(name));
  const canJoin = outputs.every(
    ({ type, dims }) =>
      type === FLOAT &&
      dims[0] === sizeOfRows &&
      dims.every(
        (size, axis) => axis === 0 || isConstant(code, size) || (axis === 1 && isTokens(code, size, sizeOfTokens)),
      ),
  );
  if (!canJoin || code.inputs.some(({ dims }) => dims[0] !== sizeOfRows)) return null;
  const { data } = mask;
  const lengths = Array.from({ length: rows }, (_, row) => {
    let length = tokens;
    while (length > 0 && !Number(data[row * tokens + length - 1])) length--;
    // A row of nothing but padding is what it is.
    return length || tokens;
  });
  return lengths.some((length) => length < tokens) ? lengths : null;
}

/**
 * Whether an input has a number for each token of each row, and may have fewer of both: a graph whose texts are of one length, or of one number,
 * takes them with their padding.
 */
function isOfTokens(code: ProgramFunction, { name, dims }: ProgramInput, feeds: HeldFeeds, own: readonly number[]) {
  const tensor = feeds[name];
  const isAlike = tensor && 'data' in tensor && tensor.dims.join() === own.join();
  return OF_TOKENS.includes(name) && isAlike && dims.length === 2 && !dims.some((size) => isConstant(code, size));
}

/** As many as there are tokens, where a run is asked for all rows of what it gives. */
function isTokens({ sizes }: ProgramFunction, size: number, tokens: number | undefined): boolean {
  const entry = sizes[size];
  const others = entry?.kind === 'min' ? [entry.a, entry.b].filter((each) => sizes[each]?.kind !== 'kept') : [size];
  return others.length === 1 && others[0] === tokens;
}

const isConstant = ({ sizes }: ProgramFunction, size: number) => sizes[size]?.kind === 'constant';

/**
 * The outputs `wanted` of a batch, of which `run` computes one row at a time: it is told the bytes of those of the whole batch, for which it has
 * to find room beside it.
 */
export function runWithoutPadding(
  code: ProgramFunction,
  feeds: HeldFeeds,
  lengths: readonly number[],
  wanted: readonly string[],
  run: (feeds: Feeds, beside: number) => Fetches,
): Fetches {
  const tokens = feeds.input_ids?.dims[1] ?? 0;
  const inputs = code.inputs.map(({ name }) => feeds[name]?.dims ?? []);
  const sizes = evaluateSizes(code.sizes, { inputs, capacity: 0, pastCapacity: 0 });
  const outputs = [...new Set(wanted)].map((name) => {
    const dims = code.outputs.find((output) => output.name === name)?.dims.map((size) => sizes[size] ?? 0) ?? [];
    return { name, dims, length: dims.reduce((x, y) => x * y, 1) };
  });
  const beside = outputs.reduce((sum, { length }) => sum + tensorBytes(FLOAT) * length, 0);
  const together = new Map<string, Tensor>();
  for (const [row, length] of lengths.entries()) {
    const fetched = run(rowOf(feeds, row, tokens, length), beside);
    for (const { name, dims, length: all } of outputs) {
      // Made once a row has run, and there is room for it.
      const tensor = together.get(name) ?? { data: new Float32Array(all), dims };
      together.set(name, tensor);
      const { data } = fetched[name] ?? {};
      if (data instanceof Float32Array) tensor.data.set(data, row * (all / lengths.length));
    }
  }
  return Object.fromEntries(together);
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
