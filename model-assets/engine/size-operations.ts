// Operations on sizes, for tensors that shapes are made of. Undefined: it depends on the sizes of a run.

import {
  ADD,
  DIV,
  EQUAL,
  FLOAT_TO_INT,
  GREATER,
  GREATER_OR_EQUAL,
  INT_TO_FLOAT,
  LESS,
  LESS_OR_EQUAL,
  MAX,
  MIN,
  MOD,
  MUL,
  NEG_I,
  SUB,
} from '../../shared/runtime/engine/command-format.ts';
import * as dim from './dim.ts';
import { constant, type Dim } from './dim.ts';

/** By name, the least that sizes are. */
type Least = ReadonlyMap<string, number>;

const compare = (holds: (sign: number) => boolean) => (a: Dim, b: Dim, least: Least) => {
  const sign = dim.signOf(fromZero(dim.subtract(a, b), least));
  return sign === undefined ? undefined : constant(Number(holds(sign)));
};

/** The same in names that stand for any number from 0 on. */
function fromZero(size: Dim, least: Least): Dim {
  let result = size;
  for (const [name, number] of least) {
    result = dim.substitute(result, name, dim.add(dim.symbol(name), constant(number)));
  }
  return result;
}

/** ONNX rounds towards 0, sizes are rounded down: the same where nothing is negative. */
function quotient(a: Dim, b: Dim): Dim | undefined {
  const [x, y] = [dim.toNumber(a), dim.toNumber(b)];
  if (x !== undefined && y) return constant(Math.trunc(x / y));
  const isPositive = dim.isAtLeast(a, dim.ZERO) && dim.isAtLeast(b, dim.ZERO);
  return isPositive ? dim.divide(a, b) : dim.divideExactly(a, b);
}

const SIZE_OPERATIONS: ReadonlyMap<number, (a: Dim, b: Dim, least: Least) => Dim | undefined> = new Map([
  [ADD, dim.add],
  [SUB, dim.subtract],
  [MUL, dim.multiply],
  [DIV, quotient],
  [MOD, dim.modulo],
  [MIN, dim.minimum],
  [MAX, dim.maximum],
  [EQUAL, compare((sign) => sign === 0)],
  [LESS, compare((sign) => sign < 0)],
  [LESS_OR_EQUAL, compare((sign) => sign <= 0)],
  [GREATER, compare((sign) => sign > 0)],
  [GREATER_OR_EQUAL, compare((sign) => sign >= 0)],
]);

/** Each with each. `operation` as for floats. */
export function binaryOfSizes(
  operation: number,
  x: readonly Dim[],
  y: readonly Dim[],
  least: Least,
): Dim[] | undefined {
  const of = SIZE_OPERATIONS.get(operation);
  const result = x.map((size, i) => of?.(size, y[i] ?? dim.ZERO, least));
  return result.every((size) => size !== undefined) ? result : undefined;
}

export function unaryOfSizes(operation: number, x: readonly Dim[]): readonly Dim[] | undefined {
  if (operation === NEG_I) return x.map(dim.negate);
  return operation === INT_TO_FLOAT || operation === FLOAT_TO_INT ? x : undefined;
}
