// Lowering: each output has a buffer of its own, rows are as a layer takes them, and what no command can hold is refused.

import { expect, test } from 'vitest';
import { Builder } from '../../model-assets/engine/builder.ts';
import { constant, symbol } from '../../model-assets/engine/dim.ts';
import { FLOAT } from '../../model-assets/engine/element-types.ts';
import { Image } from '../../model-assets/engine/image.ts';
import { lower } from '../../model-assets/engine/lower.ts';
import { RELU } from '../../shared/runtime/engine/command-format.ts';
import { createRandom } from '../runtime/engine/random.ts';
import { Row } from './row.ts';
import { expectSameAnswers, graphOf } from './run-graph.ts';

test('an output that is another is copied: one may be held while the other is read', () => {
  const builder = new Builder();
  const x = builder.input('x', FLOAT, 'float', [symbol('n')]);
  const y = builder.unary(RELU, x);
  const outputs = ['y', 'z'].map((name) => ({ name, type: FLOAT, view: y }));
  const { code } = lower(builder.graph(outputs), 'model', null, new Image());
  const [first, second] = code.outputs.map(({ buffer }) => buffer);
  expect(first).not.toBe(second);
  expect(code.steps).toHaveLength(2);
});

test('an input that is an output is copied', () => {
  const builder = new Builder();
  const x = builder.input('x', FLOAT, 'float', [symbol('n')]);
  const { code } = lower(builder.graph([{ name: 'x', type: FLOAT, view: x }]), 'model', null, new Image());
  expect(code.buffers[code.outputs[0]?.buffer ?? -1]?.place.kind).toBe('work');
});

test('a tensor of seven dimensions is refused by the name of its node', () => {
  const builder = new Builder();
  builder.from = 'the node';
  const x = builder.input('x', FLOAT, 'float', ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(symbol));
  const graph = builder.graph([{ name: 'y', type: FLOAT, view: builder.unary(RELU, x) }]);
  expect(() => lower(graph, 'model', null, new Image())).toThrow('the node: a tensor has more than 6 dimensions');
});

test.each([1, 2, 3])('rows that stand there %i times, behind an axis of 1', async (n) => {
  const [copies, tokens] = [symbol('n'), symbol('m')];
  const weight = createRandom(61).floats(64);
  const graph = graphOf((builder) => {
    const row = new Row(builder);
    const times = row.call('Shape', [builder.input('x', FLOAT, 'float', [copies])]);
    const once = row.call('Unsqueeze', [builder.input('a', FLOAT, 'float', [tokens, constant(8)]), row.ints(0, 1)]);
    const rows = row.call('Expand', [once, row.call('Concat', [times, row.ints(1, 1, 1)])]);
    return row.call('MatMul', [rows, builder.data(weight, [8, 8])]);
  });
  for (const m of [1, 2, 3]) await expectSameAnswers(graph, { [copies.key]: n, [tokens.key]: m });
});
