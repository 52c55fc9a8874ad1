// Computes now what is known now.

import { type Dim, product, toNumber } from './dim.ts';
import { type Elements, type ElementType, knownElements, type View } from './ir.ts';

/** What is computed when a graph is compiled has at most so many elements. */
export const MOST_FOLDED = 2 ** 20;

/** Element by element, of inputs that all have these dimensions; undefined where a run decides, or where `of` does not know. */
export function fold(
  dims: readonly Dim[],
  type: ElementType,
  inputs: readonly View[],
  of: (...values: number[]) => number | undefined,
): Elements | undefined {
  const size = toNumber(product(dims));
  if (size === undefined || size > MOST_FOLDED) return undefined;
  const known = inputs.map(knownElements);
  if (!known.every((each) => each !== undefined)) return undefined;
  const result = type === 'int' ? new Int32Array(size) : new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const value = of(...known.map((each) => each[i] ?? 0));
    if (value === undefined) return undefined;
    result[i] = value;
  }
  return result;
}
