// Shapes that do not fit: what a graph says of them is held to, when it is compiled or at each run.

import { expect, test } from 'vitest';
import { constant, type Dim, symbol } from '../../model-assets/engine/dim.ts';
import { FLOAT, INT64 } from '../../model-assets/engine/element-types.ts';
import type { View } from '../../model-assets/engine/ir.ts';
import type { OnnxAttribute } from '../../model-assets/engine/onnx-file.ts';
import { Call } from '../../model-assets/engine/operators/operator.ts';
import { SHAPES } from '../../model-assets/engine/operators/shapes.ts';
import { ABS, EXP } from '../../shared/runtime/engine/command-format.ts';
import { graphOf, openGraph } from './run-graph.ts';

const NO_VALUE: Omit<OnnxAttribute, 'name'> = {
  int: 0,
  float: 0,
  string: '',
  ints: [],
  floats: [],
  tensor: undefined,
  graph: undefined,
};

interface Shaped {
  readonly operator: string;
  readonly dims: readonly Dim[];
  /** The second input, or an attribute. */
  readonly by?: readonly number[];
  readonly ints?: Readonly<Record<string, number>>;
  readonly outputs?: number;
}

/** The operator's results, each with a node behind it, as elements would else not be looked at. */
function openShaped({ operator, dims, by, ints = {}, outputs = 1 }: Shaped) {
  return openGraph(
    graphOf((builder) => {
      const attributes = new Map(Object.entries(ints).map(([name, int]) => [name, { ...NO_VALUE, name, int }]));
      const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
      const node = { name: '', operator, domain: '', inputs: [], outputs: names, attributes };
      const inputs = [builder.input('x', FLOAT, 'float', dims)];
      if (by) inputs.push(builder.data(Int32Array.from(by), [by.length]));
      const given = SHAPES[operator]?.(new Call(builder, node, inputs, 18, new Map())) ?? [];
      const all: readonly View[] = 'buffer' in given ? [given] : given;
      return all.map((view) => builder.unary(EXP, view));
    }),
  );
}

const run = (shaped: Shaped, dims: readonly number[]) => {
  const length = dims.reduce((x, y) => x * y, 1);
  return openShaped(shaped).run({ x: { data: Float32Array.from({ length }, (_, i) => i), dims } });
};

const [n, m] = [symbol('n'), symbol('m')];
const CASES: Readonly<Record<string, readonly [Shaped, fitting: readonly number[], other: readonly number[]]>> = {
  'pairs of an odd number': [{ operator: 'Reshape', dims: [n], by: [-1, 2] }, [4], [3]],
  'six of eight': [{ operator: 'Reshape', dims: [n], by: [2, 3] }, [6], [8]],
  'two columns of four': [
    { operator: 'Split', dims: [n, m], by: [1, 1], ints: { axis: 1 }, outputs: 2 },
    [3, 2],
    [3, 4],
  ],
  'a last part of less than nothing': [{ operator: 'Split', dims: [n], outputs: 4 }, [7], [5]],
  'one row of two': [{ operator: 'Squeeze', dims: [n, m], by: [0] }, [1, 3], [2, 3]],
};

test.each(Object.entries(CASES))('%s', async (_, [shaped, fitting, other]) => {
  await expect(run(shaped, fitting)).resolves.toBeDefined();
  await expect(run(shaped, other)).rejects.toMatchObject({ code: 'invalid_input' });
  // The same with numbers.
  expect(() => openShaped({ ...shaped, dims: fitting.map(constant) })).not.toThrow();
  expect(() => openShaped({ ...shaped, dims: other.map(constant) })).toThrow('must be equal');
});

test('Squeeze without axes, where a size that a run decides may be 1', async () => {
  const shaped = { operator: 'Squeeze', dims: [n, constant(2)] };
  expect(() => openShaped(shaped)).toThrow('without axes the rank depends on whether n is 1');
  const { y } = await run({ ...shaped, dims: [1, 2].map(constant) }, [1, 2]);
  expect(y?.dims).toEqual([2]);
});

test.each([3, 4, 6])('the last four of %i', async (count) => {
  const graph = graphOf((builder) => {
    const x = builder.input('x', FLOAT, 'float', [n, m]);
    const ints = [-4, 2 ** 31 - 1, 1].map((value) => builder.data(Int32Array.of(value), [1]));
    const node = { name: '', operator: 'Slice', domain: '', inputs: [], outputs: ['y'], attributes: new Map() };
    const given = SHAPES.Slice?.(new Call(builder, node, [x, ...ints], 18, new Map())) ?? [];
    return 'buffer' in given ? builder.unary(ABS, given) : given;
  });
  const x = { data: Float32Array.from({ length: 2 * count }, (_, i) => i), dims: [2, count] };
  const { y } = await openGraph(graph).run({ x });
  const last = [...x.data].filter((each) => each % count >= count - 4);
  expect([y?.dims, [...(y?.data ?? [])]]).toEqual([[2, Math.min(4, count)], last]);
});

test('GatherND: a place beyond its axis is none of the next row', async () => {
  const session = openGraph(
    graphOf((builder) => {
      const inputs = [
        builder.input('x', FLOAT, 'float', [n, m]),
        builder.input('places', INT64, 'int', [symbol('k'), constant(2)]),
      ];
      const node = { name: '', operator: 'GatherND', domain: '', inputs: [], outputs: ['y'], attributes: new Map() };
      return SHAPES.GatherND?.(new Call(builder, node, inputs, 18, new Map())) ?? [];
    }),
  );
  const x = { data: Float32Array.from({ length: 6 }, (_, i) => i), dims: [2, 3] };
  const at = (...places: readonly number[]) =>
    session.run({ x, places: { data: Int32Array.from(places), dims: [places.length / 2, 2] } });
  expect((await at(0, 2, -1, -3, 1, 1)).y?.data).toEqual(Float32Array.of(2, 3, 4));
  for (const place of [
    [0, 3],
    [1, -4],
    [2, 0],
    [-3, 1],
  ])
    await expect(at(0, 0, ...place)).rejects.toThrow();
});
