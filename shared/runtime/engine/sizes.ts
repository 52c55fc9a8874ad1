// Sizes of a program as numbers, for the shapes of one run.

import { ServiceError } from '../../errors.ts';
import type { RowWindow } from '../session.ts';
import type { Size } from './program.ts';

export interface Shapes {
  /** Dimensions of each input. */
  readonly inputs: readonly (readonly number[])[];
  /** Tokens for which caches have room: those that come out, and those that were fed. */
  readonly capacity: number;
  readonly pastCapacity: number;
  /** Rows of the logits that are computed; all where it is left out. */
  readonly kept?: RowWindow | undefined;
}

/** More rows than there are, and still exact in what sizes are made of it. */
const ALL: RowWindow = { start: 0, count: 2 ** 31 - 1 };

/**
 * In the order of the program. Each is made of those before it; to divide by 0 gives 0, as the engine does with integers. Throws `too_large`
 * for what is no longer exact.
 */
export function evaluateSizes(sizes: readonly Size[], shapes: Shapes): readonly number[] {
  const values: number[] = [];
  const of = (index: number) => values[index] ?? 0;
  for (const size of sizes) {
    const value = evaluate(size, shapes, of);
    if (!Number.isSafeInteger(value)) {
      throw new ServiceError('too_large', 'a size of this input is larger than can be counted; send less');
    }
    values.push(value);
  }
  return values;
}

function evaluate(size: Size, shapes: Shapes, of: (index: number) => number): number {
  switch (size.kind) {
    case 'constant':
      return size.value;
    case 'input':
      return shapes.inputs[size.input]?.[size.axis] ?? 0;
    case 'sum': {
      let sum = 0;
      for (const { coefficient, factors } of size.terms) {
        let term = coefficient;
        for (const factor of factors) term *= of(factor);
        sum += term;
      }
      return sum;
    }
    case 'div':
      return of(size.b) === 0 ? 0 : Math.floor(of(size.a) / of(size.b));
    case 'mod':
      return of(size.b) === 0 ? 0 : of(size.a) - of(size.b) * Math.floor(of(size.a) / of(size.b));
    case 'min':
      return Math.min(of(size.a), of(size.b));
    case 'max':
      return Math.max(of(size.a), of(size.b));
    case 'capacity':
      return shapes.capacity;
    case 'past capacity':
      return shapes.pastCapacity;
    case 'kept':
      return (shapes.kept ?? ALL).count;
    case 'first kept':
      return (shapes.kept ?? ALL).start;
  }
}
