// Feeds for a graph of the engine's, of shapes that fit one another, found by trying.

import type { ProgramFunction } from '../../../../shared/runtime/engine/program.ts';
import { evaluateSizes } from '../../../../shared/runtime/engine/sizes.ts';
import type { Feeds } from '../../../../shared/runtime/session.ts';
import type { Tensor, TensorData } from '../../../../shared/tensor.ts';
import type { Random } from '../random.ts';

const FLOAT = 1;
const UINT8 = 2;
const INT32 = 6;
const BOOL = 9;
const TRIES = 4000;

export type Dims = readonly (readonly number[])[];

/** Dimensions of all inputs, up to `count` different ones. Fewer where none are found. */
export function findDims(code: ProgramFunction, random: Random, count: number): Dims[] {
  const found = new Map<string, Dims>();
  for (let i = 0; i < TRIES && found.size < count; i++) {
    // One number for the rows, few for the rest: most have to be equal.
    const dims = tryDims(code, random, random.integer(1, 4), [random.integer(0, 4), random.integer(1, 9)]);
    if (dims) found.set(JSON.stringify(dims), dims);
  }
  return [...found.values()];
}

/** With so many rows, and other dimensions out of `numbers`; undefined where they do not fit one another. */
export function tryDims(
  { inputs, sizes, equalities }: ProgramFunction,
  random: Random,
  rows: number,
  numbers: readonly number[],
): Dims | undefined {
  const given = inputs.map(({ dims }) => dims.map((_, axis) => (axis === 0 ? rows : random.pick(numbers))));
  // Each pass puts right what others decide.
  for (let pass = 0; pass < 3; pass++) {
    const values = evaluateSizes(sizes, { inputs: given, capacity: 0, pastCapacity: 0 });
    inputs.forEach(({ dims }, input) => {
      const own = given[input] ?? [];
      dims.forEach((size, axis) => {
        own[axis] = values[size] ?? 0;
      });
    });
    const isRight = equalities.every(([a, b]) => values[a] === values[b]);
    if (isRight && pass > 0) return given.some((own) => own.some((size) => size < 0)) ? undefined : given;
    for (const [a, b] of equalities) {
      mend(sizes[a], values[b] ?? 0, given);
      mend(sizes[b], values[a] ?? 0, given);
    }
  }
  return undefined;
}

/** Makes a dimension of an input what it should be equal to. */
function mend(size: ProgramFunction['sizes'][number] | undefined, value: number, given: number[][]): void {
  const own = size?.kind === 'input' ? given[size.input] : undefined;
  if (size?.kind === 'input' && own && value >= 0) own[size.axis] = value;
}

export function feedsOf(code: ProgramFunction, dims: Dims, random: Random): Feeds {
  return Object.fromEntries(
    code.inputs.map(({ name, type }, i) => [name, tensorOf(type, dims[i] ?? [], random, code.condition, i)] as const),
  );
}

function tensorOf(
  type: number,
  dims: readonly number[],
  random: Random,
  condition: ProgramFunction['condition'],
  input: number,
): Tensor<TensorData> {
  const length = dims.reduce((x, y) => x * y, 1);
  const most = random.pick([1, 1, 3, 1000]);
  const numbers = Array.from({ length }, () =>
    condition?.input === input ? Number(condition.value) : random.integer(most > 3 ? -most : 0, most),
  );
  if (type === FLOAT) {
    const data = random.floats(length);
    const strange = random.pick([0, 0, Number.NaN, Number.POSITIVE_INFINITY, 1e38]);
    if (strange !== 0 && length > 0) data[random.integer(0, length - 1)] = strange;
    return { data, dims };
  }
  if (type === INT32) return { data: Int32Array.from(numbers), dims };
  if (type === BOOL || type === UINT8) return { data: Uint8Array.from(numbers), dims };
  return { data: BigInt64Array.from(numbers, BigInt), dims };
}
