// What is known when a graph is compiled is computed then, and no node of it is left.

import { describe, expect, test } from 'vitest';
import { format, symbol } from '../../model-assets/engine/dim.ts';
import { FLOAT, INT64 } from '../../model-assets/engine/element-types.ts';
import { knownElements, sizesOf, type View } from '../../model-assets/engine/ir.ts';
import { Row } from './row.ts';

describe('numbers', () => {
  test('arithmetic, comparisons and choices', () => {
    const row = new Row();
    const [a, b] = [row.ints(1, -7, 3), row.ints(2, 2, 3)];
    const known = (view: View) => Array.from(knownElements(view) ?? []);
    expect(known(row.call('Add', [a, b]))).toEqual([3, -5, 6]);
    expect(known(row.call('Div', [a, b]))).toEqual([0, -3, 1]);
    expect(known(row.call('Mod', [a, b]))).toEqual([1, 1, 0]);
    expect(known(row.call('Where', [row.call('Less', [a, b]), a, b]))).toEqual([1, -7, 3]);
    expect(known(row.call('Cast', [a], { to: FLOAT }))).toEqual([1, -7, 3]);
    expect(row.builder.nodes).toEqual([]);
  });

  test('triangles of matrices', () => {
    const row = new Row();
    const ones = row.builder.data(new Int32Array(9).fill(1), [3, 3]);
    const triangle = (k: number, upper: number) =>
      Array.from(knownElements(row.call('Trilu', [ones, row.int(k)], { upper })) ?? []);
    expect(triangle(0, 0)).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
    expect(triangle(1, 1)).toEqual([0, 1, 1, 0, 0, 1, 0, 0, 0]);
    expect(triangle(-1, 0)).toEqual([0, 0, 0, 1, 0, 0, 1, 1, 0]);
    expect(row.builder.nodes).toEqual([]);
  });
});

describe('sizes', () => {
  const row = new Row();
  const x = row.builder.input('x', FLOAT, 'float', [symbol('batch'), symbol('tokens'), symbol('width')]);
  const shape = row.call('Shape', [x]);
  const said = (view: View) => sizesOf(view)?.map(format);

  test('of shapes, with what is gathered, sliced, put together and computed of them', () => {
    expect(said(shape)).toEqual(['batch', 'tokens', 'width']);
    const tokens = row.call('Gather', [shape, row.int(1)]);
    expect(said(tokens)).toEqual(['tokens']);
    expect(said(row.call('Slice', [shape, row.ints(-2), row.ints(2 ** 31 - 1)]))).toEqual(['tokens', 'width']);
    const twice = row.call('Mul', [tokens, row.int(2)]);
    expect(said(row.call('Concat', [row.call('Unsqueeze', [twice, row.ints(0)]), row.ints(-1)]))).toEqual([
      '2·tokens',
      '-1',
    ]);
    expect(said(row.call('Div', [twice, row.int(2)]))).toEqual(['tokens']);
    expect(said(row.call('Cast', [tokens], { to: INT64 }))).toEqual(['tokens']);
    expect(row.builder.nodes).toEqual([]);
  });

  test('of quotients that round alike towards 0 and down, and of no others', () => {
    const tokens = row.call('Gather', [shape, row.int(1)]);
    expect(said(row.call('Div', [tokens, row.int(2)]))).toEqual(['div(tokens, 2)']);
    const count = row.builder.nodes.length;
    expect(said(row.call('Div', [row.call('Neg', [tokens]), row.int(2)]))).toBeUndefined();
    expect(row.builder.nodes).toHaveLength(count + 1);
    expect(said(row.call('Div', [row.int(-7), row.int(2)]))).toEqual(['-3']);
    row.builder.nodes.length = count;
  });

  test('of comparisons that hold for every size, and of no others', () => {
    const tokens = row.call('Gather', [shape, row.int(1)]);
    const more = row.call('Add', [tokens, row.int(1)]);
    expect(said(row.call('Less', [tokens, more]))).toEqual(['1']);
    expect(said(row.call('Equal', [tokens, more]))).toEqual(['0']);
    expect(row.builder.nodes).toEqual([]);
    expect(said(row.call('Equal', [tokens, row.int(5)]))).toBeUndefined();
    expect(row.builder.nodes).toHaveLength(1);
  });

  test('as floats they stay floats, and their quotients are left to a run', () => {
    const [batch, tokens] = [0, 1].map((i) =>
      row.call('Cast', [row.call('Gather', [shape, row.int(i)])], { to: FLOAT }),
    );
    if (!batch || !tokens) expect.fail('no sizes');
    const sum = row.call('Add', [batch, tokens]);
    expect([said(sum), sum.buffer.type]).toEqual([['batch + tokens'], 'float']);
    const chosen = row.call('Where', [row.int(1), sum, batch]);
    expect([said(chosen), chosen.buffer.type]).toEqual([['batch + tokens'], 'float']);
    expect(said(row.call('Cast', [sum], { to: INT64 }))).toEqual(['batch + tokens']);
    const count = row.builder.nodes.length;
    const half = row.call('Div', [tokens, batch]);
    expect([said(half), half.buffer.type]).toEqual([undefined, 'float']);
    expect(row.builder.nodes).toHaveLength(count + 1);
    expect(row.call('Sqrt', [sum]).buffer.type).toBe('float');
    row.builder.nodes.length = count;
  });
});

describe('ranges', () => {
  const row = new Row();
  const range = (...bounds: number[]) => {
    const known = knownElements(row.call('Range', bounds.map(row.int)));
    return Array.from(known ?? []);
  };

  test('up and down, by any step', () => {
    expect(range(0, 5, 2)).toEqual([0, 2, 4]);
    expect(range(5, 0, -1)).toEqual([5, 4, 3, 2, 1]);
    expect(range(5, 0, -2)).toEqual([5, 3, 1]);
    expect(range(6, 0, -2)).toEqual([6, 4, 2]);
    expect(range(0, 5, -2)).toEqual([]);
  });

  test('by a step that is a size, and by none that may be up or down', () => {
    const x = row.builder.input('x', FLOAT, 'float', [symbol('n'), symbol('m')]);
    const [n, m] = [0, 1].map((i) => row.call('Gather', [row.call('Shape', [x]), row.int(i)]));
    if (!n || !m) expect.fail('no sizes');
    const down = row.call('Range', [n, row.int(0), row.int(-2)]);
    expect(down.dims.map(format)).toEqual(['div(n + 1, 2)']);
    expect(() => row.call('Range', [row.int(0), n, row.call('Sub', [n, m])])).toThrow('up or down');
  });
});
