// Attention in the forms that exporters give it, and what only looks like it.

import { describe, expect, test } from 'vitest';
import type { Builder } from '../../model-assets/engine/builder.ts';
import { constant, product, symbol } from '../../model-assets/engine/dim.ts';
import { FLOAT, INT64 } from '../../model-assets/engine/element-types.ts';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import type { Graph, Operation, View } from '../../model-assets/engine/ir.ts';
import { matmul } from '../../model-assets/engine/operators/products.ts';
import { transpose } from '../../model-assets/engine/views.ts';
import * as c from '../../shared/runtime/engine/command-format.ts';
import { expectClose } from '../runtime/engine/expected.ts';
import { createRandom } from '../runtime/engine/random.ts';
import { kindsOf } from './kinds.ts';
import { expectSameAnswers, graphOf, openGraph } from './run-graph.ts';

const [HEADS, SIZE] = [2, 4];
const WIDTH = HEADS * SIZE;
const [batch, tokens] = [symbol('batch'), symbol('tokens')];
const random = createRandom(31);

/** Queries, keys and values of the input x, as heads, and the softmax between their products. */
class Layer {
  readonly b: Builder;
  readonly x: View;

  constructor(b: Builder) {
    this.b = b;
    this.x = b.input('x', FLOAT, 'float', [batch, tokens, constant(WIDTH)]);
  }

  states(): View {
    return matmul(this.b, this.x, this.b.data(random.floats(WIDTH * WIDTH), [WIDTH, WIDTH]));
  }

  heads(states = this.states()): View {
    return transpose(this.b.reshape(states, [batch, tokens, constant(HEADS), constant(SIZE)]), [0, 2, 1, 3]);
  }

  times = (x: View, number: number) => this.b.binary(c.MUL, x, this.b.float(number));
  over = (x: View, number: number) => this.b.binary(c.DIV, x, this.b.float(number));
  scores = (q = this.heads(), k = this.heads()) => matmul(this.b, q, transpose(k, [0, 1, 3, 2]));
  softmax = (x: View) => this.b.emit({ kind: 'softmax', isLog: false }, [x], x.dims, 'float');
  /** 1 where there is a token. */
  mask = () =>
    this.b.reshape(this.b.input('mask', INT64, 'int', [batch, tokens]), [batch, constant(1), constant(1), tokens]);
  /** 0 where there is a token, less elsewhere. */
  penalty = () => this.times(this.b.binary(c.SUB, this.b.float(1), this.b.unary(c.INT_TO_FLOAT, this.mask())), -10000);
  triangle = () => this.b.emit({ kind: 'trilu', diagonal: 0, isUpper: false }, [this.ones()], [tokens, tokens], 'int');
  ones = () => this.b.copy({ ...this.b.int(1), dims: [tokens, tokens], strides: [constant(0), constant(0)] });

  /** From scores on: with the heads side by side again. */
  answer(scores: View, values = this.heads()): View {
    const context = transpose(matmul(this.b, this.softmax(scores), values), [0, 2, 1, 3]);
    return this.b.reshape(context, [batch, tokens, constant(WIDTH)]);
  }
}

type Form = (l: Layer) => View | readonly View[];
const graph = (form: Form) => graphOf((b) => form(new Layer(b)));
type Attention = Extract<Operation, { kind: 'attention' }>;

function attentionsOf(built: Graph): Attention[] {
  return fuse(built).nodes.flatMap(({ operation }) => (operation.kind === 'attention' ? [operation] : []));
}

const half = 1 / Math.sqrt(SIZE);
const FORMS: Readonly<Record<string, readonly [scale: number, steps: readonly number[], form: Form]>> = {
  'no scale': [1, [], (l) => l.answer(l.scores())],
  'the scores times a number': [half, [], (l) => l.answer(l.times(l.scores(), half))],
  'the scores by a number': [half, [], (l) => l.answer(l.over(l.scores(), Math.sqrt(SIZE)))],
  'queries times a number, as states': [half, [], (l) => l.answer(l.scores(l.heads(l.times(l.states(), half))))],
  'queries by a number, as heads': [half, [], (l) => l.answer(l.scores(l.over(l.heads(), Math.sqrt(SIZE))))],
  'the root of it on both sides': [
    half,
    [],
    (l) => l.answer(l.scores(l.times(l.heads(), half ** 0.5), l.times(l.heads(), half ** 0.5))),
  ],
  'plus a mask': [half, [c.SCORES_ADD], (l) => l.answer(l.b.binary(c.ADD, l.times(l.scores(), half), l.penalty()))],
  'a mask plus': [1, [c.SCORES_ADD], (l) => l.answer(l.b.binary(c.ADD, l.penalty(), l.scores()))],
  'times a mask, less what it is not': [
    half,
    [c.SCORES_MUL, c.SCORES_ADD],
    (l, triangle = l.b.unary(c.INT_TO_FLOAT, l.triangle())) => {
      const kept = l.b.binary(c.MUL, l.over(l.scores(), Math.sqrt(SIZE)), triangle);
      return l.answer(l.b.binary(c.ADD, kept, l.times(l.b.binary(c.SUB, triangle, l.b.float(1)), 10000)));
    },
  ],
  'where a mask is, the scores': [
    1,
    [c.SCORES_KEEP],
    (l) => l.answer(l.b.select(l.triangle(), l.scores(), l.b.float(-1e9))),
  ],
  'where a mask is, a number': [
    1,
    [c.SCORES_KEEP],
    (l) => l.answer(l.b.select(l.b.unary(c.NOT, l.mask()), l.b.float(-1e9), l.scores())),
  ],
  'a scale behind the mask is a step': [
    1,
    [c.SCORES_ADD, c.SCORES_MUL],
    (l) => l.answer(l.times(l.b.binary(c.ADD, l.scores(), l.penalty()), half)),
  ],
};

const NONE: Readonly<Record<string, Form>> = {
  'scores that come out': (l, scores = l.scores()) => [l.answer(scores), scores],
  'weights that come out, with 0 for what is no number': (l, weights = l.softmax(l.scores())) => {
    const isNone = l.b.unary(c.NOT, l.b.binary(c.EQUAL, weights, weights));
    return [matmul(l.b, l.b.select(isNone, l.b.float(0), weights), l.heads()), weights];
  },
  'weights with 1 for what is no number': (l, weights = l.softmax(l.scores())) => {
    const isNone = l.b.unary(c.NOT, l.b.binary(c.EQUAL, weights, weights));
    return matmul(l.b, l.b.select(isNone, l.b.float(1), weights), l.heads());
  },
  'weights that come out': (l, weights = l.softmax(l.scores())) => [matmul(l.b, weights, l.heads()), weights],
  'scores that another reads': (l, scores = l.scores()) => [l.answer(scores), l.b.unary(c.TANH, scores)],
  'something else than a step between': (l) => l.answer(l.b.unary(c.TANH, l.scores())),
  'queries of two heads as rows of one': (l, weights = l.softmax(l.scores())) => {
    const rows = l.b.reshape(weights, [batch, constant(1), product([constant(HEADS), tokens]), tokens]);
    const states = matmul(l.b, l.x, l.b.data(random.floats(WIDTH * SIZE), [WIDTH, SIZE]));
    return matmul(l.b, rows, l.b.reshape(states, [batch, constant(1), tokens, constant(SIZE)]));
  },
  'the logarithm of a softmax': (l) => {
    const scores = l.scores();
    return matmul(l.b, l.b.emit({ kind: 'softmax', isLog: true }, [scores], scores.dims, 'float'), l.heads());
  },
  'a softmax over queries': (l) => {
    const turned = l.b.copy(transpose(l.scores(), [0, 1, 3, 2]));
    return matmul(l.b, transpose(l.softmax(turned), [0, 1, 3, 2]), l.heads());
  },
};

const SIZES = { batch: 2, tokens: 5 };

describe('attention', () => {
  test.each(Object.entries(FORMS))('%s', async (_, [scale, steps, form]) => {
    const built = graph(form);
    const kinds = kindsOf(built);
    expect([kinds.softmax, kinds.matmul, kinds.copy]).toEqual([undefined, undefined, kinds.trilu]);
    const [attention, ...more] = attentionsOf(built);
    expect(more).toEqual([]);
    expect(attention?.scale).toBeCloseTo(scale, 6);
    expect(attention?.steps.map(({ kind }) => kind)).toEqual(steps);
    // Queries, keys and values as one product, unless a number stands between.
    expect(kinds.linear).toBe(1);
    await expectSameAnswers(built, SIZES);
  });

  test.each(Object.entries(NONE))('none: %s', async (_, form) => {
    const built = graph(form);
    expect(kindsOf(built).attention).toBeUndefined();
    await expectSameAnswers(built, SIZES);
  });

  test.each([
    ['floats', 5, 2e-5],
    ['bytes', 33, 0.1],
  ] as const)(
    'rows without a key weigh nothing, and values that are no number stay so: in %s',
    async (of, count, error) => {
      const built = graph((l) => {
        const mask = l.b.select(l.mask(), l.b.float(0), l.b.float(Number.NEGATIVE_INFINITY));
        const weights = l.softmax(l.b.binary(c.ADD, l.scores(), mask));
        const isNone = l.b.unary(c.NOT, l.b.binary(c.EQUAL, weights, weights));
        const values = l.heads(l.b.input('values', FLOAT, 'float', [batch, tokens, constant(WIDTH)]));
        const product = matmul(l.b, l.b.select(isNone, l.b.float(0), weights), values);
        return l.b.reshape(transpose(product, [0, 2, 1, 3]), [batch, tokens, constant(WIDTH)]);
      });
      expect(kindsOf(built)).toEqual({ attention: 1, linear: 1, select: 1 });
      expect(attentionsOf(built).map(({ isGuarded }) => isGuarded)).toEqual([true]);
      const row = count * WIDTH;
      const [x, values] = [1, 2].map(() => ({ data: random.floats(2 * row), dims: [2, count, WIDTH] }));
      // No token of the second text.
      const mask = { data: Int32Array.from({ length: 2 * count }, (_, i) => Number(i < 3)), dims: [2, count] };
      const [plain, fused] = [built, fuse(built, of === 'bytes')].map(openGraph);
      const answers = async (session: typeof plain) => {
        const { y } = (await session?.run({ ...(x && { x }), ...(values && { values }), mask })) ?? {};
        return Float32Array.from(y?.data ?? [], Number);
      };
      const finite = await answers(fused);
      expectClose(finite, await answers(plain), { absolute: error, relative: 0 });
      expect(finite.subarray(row)).toEqual(new Float32Array(row));
      // Element 3 of the first text, also where its token is hidden; 1 and 6 of the second.
      values?.data.fill(Number.NaN, 4 * WIDTH + 3, 4 * WIDTH + 4).fill(Number.NaN, row + 1, row + 2);
      values?.data.fill(Infinity, row + WIDTH + 6, row + WIDTH + 7);
      const odd = await answers(fused);
      expectClose(odd, await answers(plain), { absolute: error, relative: 0 });
      expect(odd.filter(Number.isNaN)).toHaveLength(3 * count);
    },
  );

  test('queries that another reads keep their scale, outside', async () => {
    const built = graph((l, q = l.times(l.heads(), half)) => [l.answer(l.scores(q)), l.b.unary(c.TANH, q)]);
    expect(attentionsOf(built).map(({ scale }) => scale)).toEqual([1]);
    await expectSameAnswers(built, SIZES);
  });
});

describe('of three dimensions', () => {
  const four = [batch, constant(HEADS), tokens, tokens];
  const matrices = product([batch, constant(HEADS)]);

  function threeOf(l: Layer, isMasked: boolean): View {
    const flat = (states: View) => l.b.reshape(l.heads(states), [matrices, tokens, constant(SIZE)]);
    const [q, k, v] = [flat(l.times(l.states(), half)), flat(l.states()), flat(l.states())];
    let scores = matmul(l.b, q, transpose(k, [0, 2, 1]));
    if (isMasked) {
      const masked = l.b.binary(c.ADD, l.b.reshape(scores, four), l.penalty());
      scores = l.b.reshape(masked, [matrices, tokens, tokens]);
    }
    const context = l.b.reshape(matmul(l.b, l.softmax(scores), v), [batch, constant(HEADS), tokens, constant(SIZE)]);
    return l.b.reshape(transpose(context, [0, 2, 1, 3]), [batch, tokens, constant(WIDTH)]);
  }

  test('batch × heads, with the mask in four', async () => {
    const built = graph((l) => threeOf(l, true));
    expect(kindsOf(built)).toMatchObject({ attention: 1, linear: 1 });
    expect(kindsOf(built).copy).toBeUndefined();
    await expectSameAnswers(built, SIZES);
  });

  test('batch × heads, without a mask', async () => {
    const built = graph((l) => threeOf(l, false));
    expect(kindsOf(built)).toEqual({ attention: 1, linear: 1 });
    await expectSameAnswers(built, SIZES);
  });

  test('without heads', async () => {
    const built = graph((l) => {
      const [q, k, v] = [l.states(), l.states(), l.states()];
      return matmul(l.b, l.softmax(matmul(l.b, q, transpose(k, [0, 2, 1]))), v);
    });
    expect(kindsOf(built)).toEqual({ attention: 1, linear: 1 });
    await expectSameAnswers(built, SIZES);
  });
});
