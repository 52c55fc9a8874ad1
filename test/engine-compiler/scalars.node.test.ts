// What is computed when a graph is compiled is what the engine computes when it runs.

import { expect, test } from 'vitest';
import { BINARY, givesInts, UNARY, unaryGivesInts, unaryTakesInts } from '../../model-assets/engine/scalars.ts';
import * as c from '../../shared/runtime/engine/command-format.ts';
import { Machine } from '../runtime/engine/machine.ts';
import { engineModule } from './run-graph.ts';

const machine = new Machine(engineModule());
const FLOATS = [0, -0, 1, -1, 0.5, -0.5, 2.5, -2.5, 3, -7, 1e-3, 88, -104, 1e30, -1e30, Infinity, -Infinity, NaN];
const TRUTHS = [0, 1];
const INTS = [0, 1, -1, 2, -2, 3, 7, -7, 100, 65537, 2 ** 31 - 1, -(2 ** 31)];

const put = (values: readonly number[], isInt: boolean) => (isInt ? machine.integers(values) : machine.floats(values));
const read = (at: number, length: number, isInt: boolean) =>
  Array.from(isInt ? machine.readIntegers(at, length) : machine.readFloats(at, length));

function expectSame(computed: readonly number[], folded: readonly number[], what: (i: number) => string): void {
  for (const [i, value] of computed.entries()) {
    const wanted = Math.fround(folded[i] ?? Number.NaN);
    if (value === wanted || (Number.isNaN(value) && Number.isNaN(wanted))) continue;
    expect(Math.abs(value - wanted), `${what(i)}: ${value} and not ${wanted}`).toBeLessThanOrEqual(
      1e-6 + 2e-6 * Math.abs(wanted),
    );
  }
}

test.each([...UNARY])('unary %i', (operation, of) => {
  machine.clear();
  const [takes, gives] = [unaryTakesInts(operation), unaryGivesInts(operation)];
  const values = takes ? INTS : FLOATS;
  const out = machine.room(4 * values.length);
  expect(machine.run([c.UNARY, operation, out, put(values, takes), values.length])).toBe(c.DONE);
  const folded = values
    .map((value) => of(takes ? value : Math.fround(value)))
    .map((value) => (gives ? value | 0 : value));
  expectSame(read(out, values.length, gives), folded, (i) => `${operation} of ${values[i]}`);
});

test.each([...BINARY])('binary %i', (operation, of) => {
  machine.clear();
  const isOfInts = operation >= c.INTEGERS;
  const gives = givesInts(operation);
  const values = operation >= c.AND ? TRUTHS : isOfInts ? INTS : FLOATS;
  const [a, b] = [values.flatMap((x) => values.map(() => x)), values.flatMap(() => values)];
  const out = machine.room(4 * a.length);
  const words = [1, a.length, 1, 1] as const;
  expect(machine.run([c.BINARY, operation, out, put(a, isOfInts), put(b, isOfInts), ...words])).toBe(c.DONE);
  const single = (value: number | undefined) => (isOfInts ? (value ?? 0) : Math.fround(value ?? 0));
  const folded = a.map((x, i) => of(single(x), single(b[i])));
  expectSame(read(out, a.length, gives), folded, (i) => `${operation} of ${a[i]} and ${b[i]}`);
});
