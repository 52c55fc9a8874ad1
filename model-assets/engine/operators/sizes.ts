// Inputs that have to be known when a graph is compiled: numbers, or arithmetic of the sizes of its inputs.

import { type Dim, toNumber } from '../dim.ts';
import { sizesOf } from '../ir.ts';
import { Unsupported } from '../unsupported.ts';
import type { Call } from './operator.ts';

/** Sizes that an input gives. Throws where they depend on more than the sizes of the graph's inputs. */
export function sizesIn(call: Call, index: number): readonly Dim[] {
  const sizes = sizesOf(call.input(index));
  if (!sizes) throw new Unsupported(`input ${index} is a shape that depends on data`);
  return sizes.map((size) => call.builder.resolve(size));
}

/** Numbers of an attribute, or in later versions of an input; undefined where neither is there. */
export function numbersIn(call: Call, attribute: string, index: number): readonly number[] | undefined {
  const given = call.ints(attribute);
  if (given) return given;
  if (!call.has(index)) return undefined;
  const numbers = sizesIn(call, index).map(toNumber);
  if (!numbers.every((number) => number !== undefined))
    throw new Unsupported(`input ${index} is not known before a run`);
  return numbers;
}
