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

const compare = (holds: (sign: number) => boolean) => (a: Dim, b: Dim) => {
  const sign = dim.signOf(dim.subtract(a, b));
  return sign === undefined ? undefined : constant(Number(holds(sign)));
};

/** ONNX rounds towards 0, sizes are rounded down: the same where nothing is negative. */
function quotient(a: Dim, b: Dim): Dim | undefined {
  const [x, y] = [dim.toNumber(a), dim.toNumber(b)];
  if (x !== undefined && y) return constant(Math.trunc(x / y));
  const isPositive = dim.isAtLeast(a, dim.ZERO) && dim.isAtLeast(b, dim.ZERO);
  return isPositive ? dim.divide(a, b) : dim.divideExactly(a, b);
}

const SIZE_OPERATIONS: ReadonlyMap<number, (a: Dim, b: Dim) => Dim | undefined> = new Map([
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
export function binaryOfSizes(operation: number, x: readonly Dim[], y: readonly Dim[]): Dim[] | undefined {
  const of = SIZE_OPERATIONS.get(operation);
  const result = x.map((size, i) => of?.(size, y[i] ?? dim.ZERO));
  return result.every((size) => size !== undefined) ? result : undefined;
}

export function unaryOfSizes(operation: number, x: readonly Dim[]): readonly Dim[] | undefined {
  if (operation === NEG_I) return x.map(dim.negate);
  return operation === INT_TO_FLOAT || operation === FLOAT_TO_INT ? x : undefined;
}
