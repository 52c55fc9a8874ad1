// A classifier that reads a text's first token gets, bit for bit, what it got when the last layer computed all tokens.

import { expect, test } from 'vitest';
import type { Builder } from '../../model-assets/engine/builder.ts';
import { constant, ONE, symbol, ZERO } from '../../model-assets/engine/dim.ts';
import { FLOAT } from '../../model-assets/engine/element-types.ts';
import { narrowFirstTokens } from '../../model-assets/engine/first-token.ts';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import type { View } from '../../model-assets/engine/ir.ts';
import { matmul } from '../../model-assets/engine/operators/products.ts';
import { slice } from '../../model-assets/engine/views.ts';
import { MUL, TANH } from '../../shared/runtime/engine/command-format.ts';
import { DEPTH, layer, linearRows, matrix, TOKENS, x } from './last-layer.ts';
import { graphOf, openGraph } from './run-graph.ts';

/** [batch, DEPTH] of one token of each text. */
function tokenOf(view: View, token: number): View {
  const { dims, strides, ...own } = slice(view, 1, constant(token), ONE);
  return { ...own, dims: [dims[0] ?? ONE, constant(DEPTH)], strides: [strides[0] ?? ONE, ONE] };
}

const classify = (b: Builder, row: View) => matmul(b, b.unary(TANH, matmul(b, row, matrix(b, DEPTH))), matrix(b, 3));

test.each<[string, (b: Builder, hidden: View) => readonly View[], number[]]>([
  ['one row of the last layer', (b, h) => [classify(b, tokenOf(layer(b, h, h).last, 0))], [1, 1, 1, 1, 1]],
  [
    'and all of them for those who want them',
    (b, h) => {
      const { last } = layer(b, h, h);
      return [classify(b, tokenOf(last, 0)), last];
    },
    [1, 1, 1, 1, 1, TOKENS, TOKENS, TOKENS],
  ],
  [
    'for all who read it',
    (b, h) => {
      const row = tokenOf(layer(b, h, h).last, 0);
      return [classify(b, row), classify(b, row)];
    },
    [1, 1, 1, 1, 1, 1, 1],
  ],
  [
    'and what a part of a row is read of stays',
    (b, h) => {
      const { last } = layer(b, h, h);
      return [classify(b, tokenOf(b.binary(MUL, last, slice(last, 2, ZERO, ONE)), 0))];
    },
    [TOKENS, TOKENS, TOKENS, 1, 1],
  ],
  [
    'all of them where another token is read',
    (b, h) => {
      const { last } = layer(b, h, h);
      return [classify(b, tokenOf(last, 0)), classify(b, tokenOf(last, 1))];
    },
    [TOKENS, TOKENS, TOKENS, 1, 1, 1, 1],
  ],
  [
    'all of them where all are read',
    (b, h) => {
      const { last } = layer(b, h, h);
      return [classify(b, tokenOf(last, 0)), matmul(b, last, matrix(b, 3))];
    },
    [TOKENS, TOKENS, TOKENS, 1, 1, TOKENS],
  ],
])('%s', async (_, outputs, rows) => {
  const built = fuse(
    graphOf((b) => {
      const dims = [symbol('batch'), symbol('tokens'), constant(DEPTH)];
      return outputs(b, b.unary(TANH, b.input('x', FLOAT, 'float', dims)));
    }),
  );
  const graph = narrowFirstTokens(built);
  expect(linearRows(graph)).toEqual(rows);
  const [plain, narrow] = [openGraph(built), openGraph(graph)];
  const all = await plain.run({ x });
  expect(await narrow.run({ x })).toEqual(all);
  expect((await narrow.run({ x }, ['y'])).y).toEqual(all.y);
});
