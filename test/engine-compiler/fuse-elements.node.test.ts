// Activations, norms and linear layers: each form that exporters write becomes one node, and what only looks like it does not.

import { describe, expect, test } from 'vitest';
import type { Builder } from '../../model-assets/engine/builder.ts';
import { constant, symbol } from '../../model-assets/engine/dim.ts';
import { FLOAT } from '../../model-assets/engine/element-types.ts';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import type { Graph, View } from '../../model-assets/engine/ir.ts';
import { matmul } from '../../model-assets/engine/operators/products.ts';
import * as c from '../../shared/runtime/engine/command-format.ts';
import { createRandom } from '../runtime/engine/random.ts';
import { kindsOf } from './kinds.ts';
import { expectSameAnswers, graphOf } from './run-graph.ts';

const WIDTH = 8;
const random = createRandom(21);

/** Arithmetic as it is written. */
class Terms {
  readonly b: Builder;
  constructor(b: Builder) {
    this.b = b;
  }
  input = (name = 'x') => this.b.input(name, FLOAT, 'float', [symbol('n'), constant(WIDTH)]);
  square = () => this.b.input('x', FLOAT, 'float', [constant(WIDTH), constant(WIDTH)]);
  flat = (x: View) => this.b.reshape(x, [constant(WIDTH)]);
  number = (value: number) => this.b.float(value);
  vector = (length = WIDTH) => this.b.data(random.floats(length), [length]);
  add = (x: View, y: View) => this.b.binary(c.ADD, x, y);
  sub = (x: View, y: View) => this.b.binary(c.SUB, x, y);
  mul = (x: View, y: View) => this.b.binary(c.MUL, x, y);
  div = (x: View, y: View) => this.b.binary(c.DIV, x, y);
  pow = (x: View, y: number) => this.b.binary(c.POW, x, this.b.float(y));
  unary = (operation: number, x: View) => this.b.unary(operation, x);
  mean = (x: View, axis = 1) =>
    this.b.emit({ kind: 'reduce', operation: c.MEAN, axis }, [x], x.dims.with(axis, constant(1)), 'float');
  linear = (x: View, columns = WIDTH) =>
    matmul(this.b, x, this.b.data(random.floats(WIDTH * columns), [WIDTH, columns]));
}

type Form = (t: Terms) => View | readonly View[];
const graph = (form: Form) => graphOf((b) => form(new Terms(b)));

function operationsOf(fused: Graph): number[] {
  return fused.nodes.flatMap(({ operation }) =>
    operation.kind === 'unary' ? [operation.operation] : operation.kind === 'linear' ? [operation.activation] : [],
  );
}

const erfOf = (t: Terms, x: View) => t.unary(c.ERF, t.div(x, t.number(Math.SQRT2)));
const cubic = (t: Terms, x: View, number = 0.044715) => t.mul(t.number(number), t.pow(x, 3));
const tanhOf = (t: Terms, inner: View) => t.unary(c.TANH, t.mul(t.number(Math.sqrt(2 / Math.PI)), inner));

const GELUS: Readonly<Record<string, readonly [operation: number, form: Form]>> = {
  'erf: x · 0.5 · (1 + erf)': [
    c.GELU_ERF,
    (t, x = t.input()) => t.mul(t.mul(x, t.number(0.5)), t.add(erfOf(t, x), t.number(1))),
  ],
  'erf: x · (1 + erf) · 0.5': [
    c.GELU_ERF,
    (t, x = t.input()) => t.mul(t.mul(x, t.add(t.number(1), erfOf(t, x))), t.number(0.5)),
  ],
  'erf: (1 + erf) · (0.5 · x)': [
    c.GELU_ERF,
    (t, x = t.input()) => t.mul(t.add(erfOf(t, x), t.number(1)), t.mul(t.number(0.5), x)),
  ],
  'erf of x · √½, half as a quotient': [
    c.GELU_ERF,
    (t, x = t.input()) =>
      t.div(t.mul(x, t.add(t.unary(c.ERF, t.mul(x, t.number(Math.SQRT1_2))), t.number(1))), t.number(2)),
  ],
  'tanh: 0.5 · x · (1 + tanh)': [
    c.GELU_TANH,
    (t, x = t.input()) => t.mul(t.mul(t.number(0.5), x), t.add(t.number(1), tanhOf(t, t.add(x, cubic(t, x))))),
  ],
  'tanh: x³ as a product': [
    c.GELU_TANH,
    (t, x = t.input()) => {
      const cube = t.mul(t.number(0.044715), t.mul(t.mul(x, x), x));
      return t.mul(t.mul(x, t.number(0.5)), t.add(tanhOf(t, t.add(cube, x)), t.number(1)));
    },
  ],
  'tanh: x · (1 + 0.044715 x²)': [
    c.GELU_TANH,
    (t, x = t.input()) => {
      const sum = t.add(t.number(1), t.mul(t.mul(t.number(0.044715), x), x));
      const inner = t.mul(t.mul(x, t.number(Math.sqrt(2 / Math.PI))), sum);
      return t.mul(t.mul(t.number(0.5), x), t.add(t.number(1), t.unary(c.TANH, inner)));
    },
  ],
  'SiLU: x · sigmoid': [c.SILU, (t, x = t.input()) => t.mul(x, t.unary(c.SIGMOID, x))],
  'SiLU: sigmoid · x': [c.SILU, (t, x = t.input()) => t.mul(t.unary(c.SIGMOID, x), x)],
};

const NO_GELUS: Readonly<Record<string, Form>> = {
  'half is another number': (t, x = t.input()) => t.mul(t.mul(x, t.number(0.25)), t.add(erfOf(t, x), t.number(1))),
  'one is another number': (t, x = t.input()) => t.mul(t.mul(x, t.number(0.5)), t.add(erfOf(t, x), t.number(2))),
  'erf of x · 0.7': (t, x = t.input()) =>
    t.mul(t.mul(x, t.number(0.5)), t.add(t.unary(c.ERF, t.mul(x, t.number(0.7))), t.number(1))),
  'erf of another': (t, x = t.input()) => t.mul(t.mul(x, t.number(0.5)), t.add(erfOf(t, t.input('z')), t.number(1))),
  'tanh of another cube': (t, x = t.input()) =>
    t.mul(t.mul(t.number(0.5), x), t.add(t.number(1), tanhOf(t, t.add(x, cubic(t, x, 0.05))))),
  'tanh of a square': (t, x = t.input()) =>
    t.mul(t.mul(t.number(0.5), x), t.add(t.number(1), tanhOf(t, t.add(x, t.mul(t.number(0.044715), t.mul(x, x)))))),
  'sigmoid of another': (t, x = t.input()) => t.mul(x, t.unary(c.SIGMOID, t.input('z'))),
};

describe('activations', () => {
  test.each(Object.entries(GELUS))('%s', async (_, [operation, form]) => {
    const built = graph(form);
    expect(kindsOf(built)).toEqual({ unary: 1 });
    expect(operationsOf(fuse(built))).toEqual([operation]);
    await expectSameAnswers(built);
  });
  test.each(Object.entries(NO_GELUS))('none: %s', async (_, form) => {
    const built = graph(form);
    const found = operationsOf(fuse(built));
    for (const operation of [c.GELU_ERF, c.GELU_TANH, c.SILU]) expect(found).not.toContain(operation);
    await expectSameAnswers(built);
  });
});

const variance = (t: Terms, d: View, epsilon = 1e-5) => t.unary(c.SQRT, t.add(t.mean(t.mul(d, d)), t.number(epsilon)));

const NORMS: Readonly<Record<string, readonly [isRms: boolean, form: Form]>> = {
  'd / √ · scale + shift': [
    false,
    (t, x = t.input(), d = t.sub(x, t.mean(x))) => t.add(t.mul(t.div(d, variance(t, d)), t.vector()), t.vector()),
  ],
  'shift + scale · (d / √)': [
    false,
    (t, x = t.input(), d = t.sub(x, t.mean(x))) => t.add(t.vector(), t.mul(t.vector(), t.div(d, variance(t, d)))),
  ],
  'scale · d · 1/√, each with its own difference': [
    false,
    (t, x = t.input()) => {
      const root = t.unary(c.RECIPROCAL, variance(t, t.sub(x, t.mean(x))));
      return t.add(t.mul(t.mul(t.vector(), root), t.sub(x, t.mean(x))), t.vector());
    },
  ],
  'without scale and shift': [false, (t, x = t.input(), d = t.sub(x, t.mean(x))) => t.div(d, variance(t, d))],
  'RMS: scale · (x · 1/√)': [
    true,
    (t, x = t.input()) => t.mul(t.vector(), t.mul(x, t.unary(c.RECIPROCAL, variance(t, x, 1e-6)))),
  ],
  'RMS: x / √ · scale': [true, (t, x = t.input()) => t.mul(t.div(x, variance(t, x)), t.vector())],
};

const NO_NORMS: Readonly<Record<string, Form>> = {
  'over the other axis': (t, x = t.input()) => {
    const d = t.sub(x, t.mean(x, 0));
    return t.div(d, t.unary(c.SQRT, t.add(t.mean(t.mul(d, d), 0), t.number(1e-5))));
  },
  'means of rows that are taken from columns': (t) => {
    const x = t.square();
    const d = t.sub(x, t.flat(t.mean(x)));
    return t.div(d, t.unary(c.SQRT, t.add(t.flat(t.mean(t.mul(d, d))), t.number(1e-5))));
  },
  'rows over what columns have': (t) => {
    const x = t.square();
    return t.mul(x, t.unary(c.RECIPROCAL, t.flat(variance(t, x))));
  },
  'the square of another': (t, x = t.input()) => t.div(x, variance(t, t.input('z'))),
  'no square': (t, x = t.input()) => t.div(x, t.unary(c.SQRT, t.add(t.mean(t.unary(c.ABS, x)), t.number(1)))),
  'a sum and no mean': (t, x = t.input()) => {
    const sum = t.b.emit(
      { kind: 'reduce', operation: c.SUM, axis: 1 },
      [t.mul(x, x)],
      x.dims.with(1, constant(1)),
      'float',
    );
    return t.div(x, t.unary(c.SQRT, t.add(sum, t.number(1e-5))));
  },
};

describe('norms', () => {
  test.each(Object.entries(NORMS))('%s', async (_, [isRms, form]) => {
    const built = graph(form);
    expect(kindsOf(built)).toEqual({ norm: 1 });
    const [norm] = fuse(built).nodes;
    expect(norm?.operation).toMatchObject({ kind: 'norm', isRms });
    await expectSameAnswers(built);
  });
  test.each(Object.entries(NO_NORMS))('none: %s', async (_, form) => {
    const built = graph(form);
    expect(kindsOf(built).norm).toBeUndefined();
    await expectSameAnswers(built);
  });
  test('a scale of other columns stays outside', async () => {
    const half = constant(WIDTH / 2);
    const built = graph((t, x = t.input()) => {
      const rows = t.b.reshape(t.div(x, variance(t, x)), [symbol('n'), constant(2), half]);
      return t.mul(rows, t.vector(WIDTH / 2));
    });
    expect(kindsOf(built)).toEqual({ norm: 1, binary: 1 });
    await expectSameAnswers(built);
  });
  test('the sum before a norm is taken in, and kept where others read it', async () => {
    const form = (t: Terms, keep: boolean) => {
      const [x, z] = [t.input(), t.input('z')];
      const sum = t.add(x, z);
      const d = t.sub(sum, t.mean(sum));
      const normed = t.mul(t.div(d, variance(t, d)), t.vector());
      return keep ? [normed, t.unary(c.TANH, sum)] : [normed];
    };
    const [alone, kept] = [graph((t) => form(t, false)), graph((t) => form(t, true))];
    expect(kindsOf(alone)).toEqual({ norm: 1 });
    expect(kindsOf(kept)).toEqual({ norm: 1, unary: 1 });
    await expectSameAnswers(alone);
    await expectSameAnswers(kept);
  });
});

describe('linear layers', () => {
  const forms: Readonly<Record<string, readonly [expected: Readonly<Record<string, number>>, form: Form]>> = {
    'x · w + b': [{ linear: 1 }, (t) => t.add(t.linear(t.input()), t.vector())],
    'b + x · w, and its activation': [{ linear: 1 }, (t) => t.unary(c.RELU, t.add(t.vector(), t.linear(t.input())))],
    'a bias for each row is none': [
      { linear: 1, binary: 1 },
      (t) => t.add(t.linear(t.input()), t.b.data(random.floats(3), [3, 1])),
    ],
    'a bias of other columns is none': [
      { linear: 1, binary: 1 },
      (t) => {
        const rows = t.b.reshape(t.linear(t.input()), [symbol('n'), constant(2), constant(WIDTH / 2)]);
        return t.add(rows, t.vector(WIDTH / 2));
      },
    ],
    'one that others read keeps its bias outside': [
      { linear: 1, binary: 1, unary: 1 },
      (t, x = t.linear(t.input())) => [t.add(x, t.vector()), t.unary(c.TANH, x)],
    ],
    'an output keeps its activation outside': [
      { linear: 1, unary: 1 },
      (t, x = t.linear(t.input())) => [t.unary(c.TANH, x), x],
    ],
    'an activation that the engine computes alone': [
      { linear: 1, unary: 1 },
      (t) => t.unary(c.EXP, t.linear(t.input())),
    ],
    'three of one input are one': [
      { linear: 1, binary: 2 },
      (t, x = t.input()) => t.mul(t.mul(t.linear(x), t.linear(x)), t.add(t.linear(x), t.vector())),
    ],
    'four are one of three, and one': [
      { linear: 2, binary: 3 },
      (t, x = t.input()) => t.mul(t.mul(t.linear(x), t.linear(x)), t.mul(t.linear(x), t.linear(x))),
    ],
    'those of one that became part of another': [
      { linear: 2, binary: 2 },
      (t, x = t.input(), a = t.linear(x)) => t.mul(t.mul(t.linear(a), t.linear(a)), t.linear(x)),
    ],
    'of different widths': [
      { linear: 1, unary: 2 },
      (t, x = t.input()) => [t.unary(c.EXP, t.linear(x, 12)), t.unary(c.EXP, t.linear(x, 4))],
    ],
    'of a width that no vector begins at': [
      { linear: 2, unary: 2 },
      (t, x = t.input()) => [t.unary(c.EXP, t.linear(x, 6)), t.unary(c.EXP, t.linear(x, 5))],
    ],
    'of different inputs': [{ linear: 2, binary: 1 }, (t) => t.mul(t.linear(t.input()), t.linear(t.input('z')))],
    'one with an activation stays by itself': [
      { linear: 2, binary: 1 },
      (t, x = t.input()) => t.mul(t.unary(c.TANH, t.linear(x)), t.linear(x)),
    ],
  };
  test.each(Object.entries(forms))('%s', async (_, [expected, form]) => {
    const built = graph(form);
    expect(kindsOf(built)).toEqual(expected);
    await expectSameAnswers(built);
  });
});

describe('what is computed twice', () => {
  const twice = (t: Terms, x: View, number = 2) => [t.mul(x, t.number(2)), t.mul(x, t.number(number))] as const;
  const sumOf = (t: Terms, [a, b]: readonly [View, View]) => t.add(t.unary(c.EXP, a), t.unary(c.ABS, b));
  test('is computed once', async () => {
    const built = graph((t) => sumOf(t, twice(t, t.input())));
    expect(kindsOf(built)).toEqual({ binary: 2, unary: 2 });
    await expectSameAnswers(built);
  });
  test('but not with another number, of another input, or where both come out', async () => {
    for (const form of [
      (t: Terms) => sumOf(t, twice(t, t.input(), 3)),
      (t: Terms) => sumOf(t, twice(t, t.input(), -0)),
      (t: Terms) => sumOf(t, [twice(t, t.input())[0], twice(t, t.input('z'))[0]]),
    ]) {
      expect(kindsOf(graph(form))).toEqual({ binary: 3, unary: 2 });
      await expectSameAnswers(graph(form));
    }
    const outputs = graph((t) => twice(t, t.input()));
    expect(kindsOf(outputs)).toEqual({ binary: 2 });
    await expectSameAnswers(outputs);
  });
});
