// Sizes as numbers, for values of their names: what the tests hold the arithmetic of sizes to.

import type { Atom, Dim } from '../../model-assets/engine/dim.ts';
import * as dim from '../../model-assets/engine/dim.ts';
import type { Random } from '../runtime/engine/random.ts';

export type Values = Readonly<Record<string, number>>;

export function evaluate({ terms }: Dim, values: Values): number {
  return terms.reduce(
    (sum, { coefficient, atoms }) =>
      sum + atoms.reduce((product, each) => product * atomValue(each, values), coefficient),
    0,
  );
}

function atomValue(each: Atom, values: Values): number {
  if ('symbol' in each) return values[each.symbol] ?? Number.NaN;
  return OPERATIONS[each.operation](evaluate(each.a, values), evaluate(each.b, values));
}

const OPERATIONS = {
  div: (a: number, b: number) => Math.floor(a / b),
  mod: (a: number, b: number) => a - b * Math.floor(a / b),
  min: Math.min,
  max: Math.max,
};

/** As exporters write them: with blanks and signs too. */
export const NAMES = [
  'batch',
  'sequence',
  'past_sequence_length',
  'past_sequence_length + 1',
  'batch*heads',
  'a',
  'a b',
  's0 + s1',
];

export function randomValues(random: Random, least = 0): Values {
  return Object.fromEntries(NAMES.map((name) => [name, random.integer(least, 12)]));
}

/** A sum of a few products. */
export function randomPolynomial(random: Random, names: readonly string[] = NAMES): Dim {
  let result = dim.ZERO;
  for (let term = random.integer(0, 3); term >= 0; term--) {
    let product = dim.constant(random.integer(-4, 6));
    for (let degree = random.integer(0, 2); degree > 0; degree--)
      product = dim.multiply(product, dim.symbol(random.pick(names)));
    result = dim.add(result, product);
  }
  return result;
}

/** The same, with quotients, remainders and extremes among its parts. */
export function randomSize(random: Random): Dim {
  const a = randomPolynomial(random);
  const operation = random.pick([dim.add, dim.divide, dim.modulo, dim.minimum, dim.maximum]);
  // By nothing that may be 0.
  const by = dim.add(dim.symbol(random.pick(NAMES)), dim.constant(random.integer(1, 4)));
  const part = operation(a, by);
  return random.next() < 0.5 ? part : dim.add(dim.multiply(part, randomPolynomial(random)), a);
}
