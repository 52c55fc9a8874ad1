// A language model's head gives the rows that are asked for, bit for bit those that it gives when it gives all, and works for no others.

import { describe, expect, test } from 'vitest';
import type { Builder } from '../../model-assets/engine/builder.ts';
import { constant, ONE, symbol, ZERO } from '../../model-assets/engine/dim.ts';
import { FLOAT } from '../../model-assets/engine/element-types.ts';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import { Image } from '../../model-assets/engine/image.ts';
import type { Graph, View } from '../../model-assets/engine/ir.ts';
import { keepLogits } from '../../model-assets/engine/keep-logits.ts';
import { lower } from '../../model-assets/engine/lower.ts';
import { matmul } from '../../model-assets/engine/operators/products.ts';
import { slice, transpose } from '../../model-assets/engine/views.ts';
import { ADD, MUL, TANH } from '../../shared/runtime/engine/command-format.ts';
import { STEP_LINEAR } from '../../shared/runtime/engine/program.ts';
import { evaluateSizes } from '../../shared/runtime/engine/sizes.ts';
import { BATCH, DEPTH, layer, linearRows, matrix, TOKENS, vector, x } from './last-layer.ts';
import { graphOf, openGraph } from './run-graph.ts';

const WORDS = 20;

/** Outputs are called logits, y1, … */
function headed(outputs: (b: Builder, hidden: View, head: (columns: number) => View) => readonly View[]): Graph {
  const { outputs: given, ...graph } = graphOf((b) => {
    const dims = [symbol('batch'), symbol('tokens'), constant(DEPTH)];
    const hidden = b.unary(TANH, b.input('x', FLOAT, 'float', dims));
    const head = (columns: number) => {
      return b.binary(ADD, matmul(b, hidden, matrix(b, columns)), vector(b, columns));
    };
    return outputs(b, hidden, head);
  });
  return fuse({ ...graph, outputs: given.map((each) => (each.name === 'y' ? { ...each, name: 'logits' } : each)) });
}

describe('rows that are asked for', () => {
  const graph = keepLogits(headed((_, hidden, head) => [head(WORDS), hidden]));
  const session = openGraph(graph);

  test.each([
    [0, 1],
    [4, 1],
    [1, 3],
    [0, 5],
    [3, 5],
    [9, 2],
    [0, 1000],
  ])('from %i on, %i of them', async (start, count) => {
    expect(session.skipsLogits).toBe(true);
    const all = await session.run({ x });
    const { logits, y1 } = await session.run({ x }, undefined, { start, count });
    const rows = Math.min(count, TOKENS);
    const first = Math.min(start, TOKENS - rows);
    const wanted = Array.from({ length: BATCH }, (_, row) => {
      const at = (row * TOKENS + first) * WORDS;
      return [...(all.logits?.data ?? []).slice(at, at + rows * WORDS)];
    });
    expect(logits?.dims).toEqual([BATCH, rows, WORDS]);
    expect([...(logits?.data ?? [])]).toEqual(wanted.flat());
    // Others have all their rows.
    expect(y1?.dims).toEqual([BATCH, TOKENS, DEPTH]);
    expect(y1?.data).toEqual(all.y1?.data);
  });

  test('all, where none are named', async () => {
    expect((await session.run({ x })).logits?.dims).toEqual([BATCH, TOKENS, WORDS]);
  });

  test('no others are computed', () => {
    const { code } = lower(graph, 'model', null, new Image());
    const shapes = { inputs: [x.dims], capacity: 0, pastCapacity: 0 };
    const linear = code.steps.find(({ kind }) => kind === STEP_LINEAR);
    const dims = code.views[linear?.views[0] ?? -1]?.dims ?? [];
    const at = (sizes: readonly number[]) => dims.map((size) => sizes[size]);
    expect(at(evaluateSizes(code.sizes, { ...shapes, kept: { start: 4, count: 1 } }))).toEqual([BATCH, 1, WORDS]);
    expect(at(evaluateSizes(code.sizes, shapes))).toEqual([BATCH, TOKENS, WORDS]);
  });
});

describe('what stands before the head', () => {
  const toWords = (b: Builder, hidden: View) => matmul(b, hidden, matrix(b, WORDS));

  test.each<[string, (b: Builder, hidden: View) => readonly View[], number[]]>([
    ['as far as no rows are mixed', (b, hidden) => [toWords(b, layer(b, hidden, hidden).last)], [1, 1, 1, 1]],
    [
      'not what comes out too',
      (b, hidden) => {
        const { sum, last } = layer(b, hidden, hidden);
        return [toWords(b, last), sum];
      },
      [TOKENS, 1, 1, 1],
    ],
    [
      'not what is read by other rows, or by a part of a row',
      (b, hidden) => {
        const first = matmul(b, hidden, matrix(b, DEPTH));
        const gated = b.binary(MUL, first, slice(first, 2, ZERO, ONE));
        return [toWords(b, b.binary(ADD, gated, slice(first, 1, ZERO, ONE)))];
      },
      [TOKENS, 1],
    ],
    [
      'not what others read, nor what they mix',
      (b, hidden) => {
        const turned = transpose(hidden, [0, 2, 1]);
        const first = matmul(b, hidden, matrix(b, DEPTH));
        return [toWords(b, layer(b, first, matmul(b, matmul(b, first, turned), hidden)).last)];
      },
      [TOKENS, 1, 1, 1, 1],
    ],
  ])('computes the rows that are kept, %s', async (_, outputs, rows) => {
    const built = headed((b, hidden) => outputs(b, hidden));
    const graph = keepLogits(built);
    expect(linearRows(graph, { start: 2, count: 1 })).toEqual(rows);
    const session = openGraph(graph);
    const all = await openGraph(built).run({ x });
    for (const start of [0, 2, 4]) {
      const { logits, y1 } = await session.run({ x }, undefined, { start, count: 1 });
      const wanted = Array.from({ length: BATCH }, (_, row) => {
        const at = (row * TOKENS + start) * WORDS;
        return [...(all.logits?.data ?? []).slice(at, at + WORDS)];
      });
      expect([...(logits?.data ?? [])]).toEqual(wanted.flat());
      expect(y1?.data).toEqual(all.y1?.data);
    }
  });
});

test.each<[string, Parameters<typeof headed>[0]]>([
  ['is no wider than what it reads', (_, _hidden, head) => [head(DEPTH)]],
  ['is read by other nodes', (b, _, head) => [head(WORDS)].flatMap((logits) => [logits, b.unary(TANH, logits)])],
  ['comes out twice', (_, _hidden, head) => [head(WORDS)].flatMap((logits) => [logits, logits])],
  ['is no layer', (b, _, head) => [b.unary(TANH, b.unary(TANH, head(WORDS)))]],
])('a head that %s gives all rows, and those that were not asked for are left out', async (_, outputs) => {
  const graph = headed(outputs);
  expect(keepLogits(graph).nodes).toEqual(graph.nodes);
  const session = openGraph(graph);
  expect(session.skipsLogits).toBe(false);
  const [all, kept] = [await session.run({ x }), await session.run({ x }, ['logits'], { start: 1, count: 2 })];
  const columns = all.logits?.dims[2] ?? 0;
  expect(kept.logits?.dims).toEqual([BATCH, 2, columns]);
  const wanted = [1, TOKENS + 1].flatMap((row) => [
    ...(all.logits?.data ?? []).slice(row * columns, (row + 2) * columns),
  ]);
  expect([...(kept.logits?.data ?? [])]).toEqual(wanted);
});
