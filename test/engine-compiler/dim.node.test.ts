// The arithmetic of sizes, held to the same on numbers.

import { expect, test } from 'vitest';
import * as dim from '../../model-assets/engine/dim.ts';
import { constant, symbol } from '../../model-assets/engine/dim.ts';
import { SizeTable } from '../../model-assets/engine/size-table.ts';
import { evaluateSizes } from '../../shared/runtime/engine/sizes.ts';
import { createRandom } from '../runtime/engine/random.ts';
import { evaluate, NAMES, randomPolynomial, randomSize, randomValues } from './numbers.ts';

const BINARY: readonly [string, (a: dim.Dim, b: dim.Dim) => dim.Dim, (a: number, b: number) => number][] = [
  ['add', dim.add, (a, b) => a + b],
  ['subtract', dim.subtract, (a, b) => a - b],
  ['multiply', dim.multiply, (a, b) => a * b],
  ['minimum', dim.minimum, Math.min],
  ['maximum', dim.maximum, Math.max],
  ['divide', dim.divide, (a, b) => Math.floor(a / b)],
  ['modulo', dim.modulo, (a, b) => a - b * Math.floor(a / b)],
];

test.each(BINARY)('%s', (name, of, judge) => {
  const random = createRandom(1);
  for (let n = 0; n < 500; n++) {
    const [a, b] = [randomSize(random), randomSize(random)];
    const result = of(a, b);
    for (let run = 0; run < 5; run++) {
      const values = randomValues(random);
      const [x, y] = [evaluate(a, values), evaluate(b, values)];
      if ((name === 'divide' || name === 'modulo') && y === 0) continue;
      // Beside -0 there is 0.
      expect(evaluate(result, values) + 0, `${dim.format(a)} ${name} ${dim.format(b)}`).toBe(judge(x, y) + 0);
    }
  }
});

test('equal polynomials have one key, whatever made them', () => {
  const random = createRandom(2);
  for (let n = 0; n < 500; n++) {
    const [a, b, c] = [randomSize(random), randomSize(random), randomSize(random)];
    expect(dim.add(a, b).key).toBe(dim.add(b, a).key);
    expect(dim.multiply(a, b).key).toBe(dim.multiply(b, a).key);
    expect(dim.multiply(dim.add(a, b), c).key).toBe(dim.add(dim.multiply(a, c), dim.multiply(b, c)).key);
    expect(dim.subtract(dim.add(a, b), b).key).toBe(a.key);
  }
});

test('names are no arithmetic, whatever signs they have', () => {
  const [a, b] = [symbol('a'), symbol('b')];
  const others = [symbol('a*b'), symbol('a+1*b'), symbol('min(1*a, 1*b)'), symbol('2')];
  const sums = [dim.multiply(a, b), dim.add(a, b), dim.minimum(a, b), constant(2)];
  for (const [i, named] of others.entries()) expect(dim.isEqual(named, sums[i] ?? dim.ZERO)).toBe(false);
});

test('a product is divided by each of its factors', () => {
  const random = createRandom(3);
  for (let n = 0; n < 2000; n++) {
    const [a, b] = [randomPolynomial(random), randomPolynomial(random)];
    if (b.terms.length === 0) continue;
    const product = dim.multiply(a, b);
    expect(dim.divideExactly(product, b)?.key, `(${dim.format(a)}) · (${dim.format(b)})`).toBe(a.key);
    expect(dim.modulo(product, b).key).toBe('0');
  }
});

test('what does not divide is no polynomial', () => {
  const [a, b] = [symbol('a'), symbol('b')];
  for (const [x, y] of [
    [a, b],
    [dim.add(a, dim.ONE), a],
    [constant(7), constant(2)],
    [dim.multiply(a, a), dim.add(a, dim.ONE)],
    [a, dim.ZERO],
    [dim.multiply(constant(3), a), constant(2)],
  ] as const) {
    expect(dim.divideExactly(x, y), `${dim.format(x)} / ${dim.format(y)}`).toBeUndefined();
  }
});

test('signs, and what is at least what', () => {
  const random = createRandom(4);
  let told = 0;
  for (let n = 0; n < 3000; n++) {
    const [a, b] = [randomSize(random), randomSize(random)];
    const [sign, isAtLeast] = [dim.signOf(a), dim.isAtLeast(a, b)];
    if (sign !== undefined || isAtLeast) told++;
    for (let run = 0; run < 8; run++) {
      const values = randomValues(random);
      if (sign !== undefined) expect(Math.sign(evaluate(a, values)) + 0, dim.format(a)).toBe(sign);
      if (isAtLeast) expect(evaluate(a, values)).toBeGreaterThanOrEqual(evaluate(b, values));
    }
  }
  expect(told).toBeGreaterThan(100);
  expect([dim.ZERO, dim.ONE, constant(-3), dim.add(symbol('a'), dim.ONE)].map(dim.signOf)).toEqual([0, 1, -1, 1]);
  expect([symbol('a'), dim.subtract(symbol('a'), dim.ONE)].map(dim.signOf)).toEqual([undefined, undefined]);
  expect(dim.isAtLeast(dim.add(symbol('a'), symbol('b')), symbol('a'))).toBe(true);
  expect(dim.isAtLeast(symbol('a'), symbol('b'))).toBe(false);
});

test('a name is replaced wherever it stands', () => {
  const random = createRandom(5);
  for (let n = 0; n < 500; n++) {
    const name = random.pick(NAMES);
    const others = NAMES.filter((other) => other !== name);
    const [size, by] = [randomSize(random), randomPolynomial(random, others)];
    const result = dim.substitute(size, name, by);
    expect(dim.mentions(result, name)).toBe(false);
    const values = randomValues(random);
    const inner = { ...values, [name]: evaluate(by, values) };
    const [actual, expected] = [evaluate(result, values), evaluate(size, inner)];
    // Where the divisor becomes 0 there is no answer.
    if (Number.isFinite(expected))
      expect(actual + 0, `${dim.format(size)} with ${name} ${dim.format(by)}`).toBe(expected + 0);
  }
});

test('what a program says of sizes is what they are', () => {
  const random = createRandom(6);
  for (let n = 0; n < 300; n++) {
    const table = new SizeTable(new Map(NAMES.map((name, axis) => [name, { kind: 'input', input: 0, axis }])));
    const sizes = Array.from({ length: 6 }, () => randomSize(random));
    const places = sizes.map((size) => table.add(size));
    expect(table.add(sizes[0] ?? dim.ZERO)).toBe(places[0]);
    const values = randomValues(random);
    const shapes = { inputs: [NAMES.map((name) => values[name] ?? 0)], capacity: 0, pastCapacity: 0 };
    const numbers = evaluateSizes(table.sizes, shapes);
    expect(places.map((place) => (numbers[place] ?? 0) + 0)).toEqual(sizes.map((size) => evaluate(size, values) + 0));
  }
  expect(() => new SizeTable(new Map()).add(symbol('nobody'))).toThrow('no input has a dimension nobody');
});
