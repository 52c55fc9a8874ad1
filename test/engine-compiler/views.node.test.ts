// Views held to lists of places: whatever a row of Reshape, Transpose, Slice and Expand says, each element is where numpy would have it.

import { expect, test } from 'vitest';
import { constant, type Dim, product, substitute, symbol, toNumber } from '../../model-assets/engine/dim.ts';
import { isContiguous, places, type View, whole } from '../../model-assets/engine/ir.ts';
import * as views from '../../model-assets/engine/views.ts';
import { createRandom, type Random } from '../runtime/engine/random.ts';

/** Elements in order, and dimensions: numpy's array of places. */
interface Listed {
  readonly dims: readonly number[];
  readonly at: readonly number[];
}

const count = (dims: readonly number[]) => dims.reduce((x, y) => x * y, 1);
const numbers = (view: View) => view.dims.map((size) => toNumber(size) ?? Number.NaN);

/** The element at each index of new dimensions, by what `of` says of the index. */
function listed(dims: readonly number[], of: (index: readonly number[]) => number): Listed {
  const at = Array.from({ length: count(dims) }, (_, n) => {
    const index = dims.map((size, axis) => Math.floor(n / count(dims.slice(axis + 1))) % size);
    return of(index);
  });
  return { dims, at };
}

const element = ({ dims, at }: Listed, index: readonly number[]) =>
  at[index.reduce((sum, each, axis) => sum * (dims[axis] ?? 1) + each, 0)] ?? Number.NaN;

/** A step of view and list alike. */
function changed(random: Random, view: View, list: Listed): { view: View; list: Listed; undone?: true } {
  const { dims } = list;
  const axis = random.integer(0, Math.max(0, dims.length - 1));
  switch (random.integer(0, 3)) {
    case 0: {
      const order = dims.map((_, i) => i).sort(() => random.next() - 0.5);
      const back = (index: readonly number[]) => dims.map((_, i) => index[order.indexOf(i)] ?? 0);
      const turned = order.map((i) => dims[i] ?? 1);
      return { view: views.transpose(view, order), list: listed(turned, (index) => element(list, back(index))) };
    }
    case 1: {
      const size = dims[axis] ?? 1;
      if (dims.length === 0) return { view, list };
      const [start, step] = [random.integer(0, size - 1), random.pick([1, 1, 2, -1])];
      const length = random.integer(1, Math.floor(step < 0 ? start + 1 : (size - 1 - start) / step + 1));
      const sliced = views.slice(view, axis, constant(start), constant(length), constant(step));
      const from = (index: readonly number[]) => index.map((each, i) => (i === axis ? start + each * step : each));
      return { view: sliced, list: listed(dims.with(axis, length), (index) => element(list, from(index))) };
    }
    case 2: {
      const wider = [random.integer(1, 2), ...dims.map((size) => (size === 1 ? random.integer(1, 3) : size))];
      if (count(wider) > 400) return { view, list };
      const from = (index: readonly number[]) => index.slice(1).map((each, i) => (dims[i] === 1 ? 0 : each));
      return {
        view: views.expand(view, wider.map(constant)),
        list: listed(wider, (index) => element(list, from(index))),
      };
    }
    default: {
      const wanted = factored(random, count(dims));
      const reshaped = views.reshape(view, wanted.map(constant));
      if (!reshaped) return { view, list, undone: true };
      return { view: reshaped, list: { dims: wanted, at: list.at } };
    }
  }
}

/** Dimensions of a product. */
function factored(random: Random, total: number): number[] {
  const dims = [total];
  for (let n = random.integer(0, 3); n > 0; n--) {
    const axis = random.integer(0, dims.length - 1);
    const size = dims[axis] ?? 1;
    const factors = Array.from({ length: size }, (_, i) => i + 1).filter((each) => size % each === 0);
    const factor = random.pick(factors);
    dims.splice(axis, 1, factor, size / factor);
  }
  return dims;
}

test('rows of steps', () => {
  const random = createRandom(1);
  let [reshaped, given] = [0, 0];
  for (let n = 0; n < 1500; n++) {
    const dims = Array.from({ length: random.integer(1, 4) }, () => random.pick([1, 2, 3, 4, 6]));
    let view = whole({ type: 'float', length: product(dims.map(constant)) }, dims.map(constant));
    let list = listed(dims, (index) => index.reduce((sum, each, axis) => sum * (dims[axis] ?? 1) + each, 0));
    for (let step = 0; step < 6; step++) {
      const next = changed(random, view, list);
      if (next.undone) given++;
      else reshaped++;
      // What no strides can say is not given up where the elements lie side by side.
      if (next.undone) expect(isContiguous(view)).toBe(false);
      ({ view, list } = next);
      expect(numbers(view)).toEqual(list.dims);
      expect([...(places(view) ?? [])]).toEqual(list.at);
    }
  }
  expect(reshaped).toBeGreaterThan(4 * given);
});

/** Whether strides can say it: numpy's test, which tries every place. */
function canBeViewed({ at }: Listed, dims: readonly number[]): boolean {
  const strides = dims.map((size, axis) => (size === 1 ? 0 : (at[count(dims.slice(axis + 1))] ?? 0) - (at[0] ?? 0)));
  const said = listed(dims, (index) =>
    index.reduce((sum, each, axis) => sum + each * (strides[axis] ?? 0), at[0] ?? 0),
  );
  return said.at.every((each, i) => each === at[i]);
}

test('a reshape that strides can say is a view', () => {
  const random = createRandom(2);
  for (let n = 0; n < 3000; n++) {
    const dims = Array.from({ length: random.integer(2, 4) }, () => random.pick([1, 2, 3, 4]));
    const order = dims.map((_, i) => i).sort(() => random.next() - 0.5);
    const view = views.transpose(
      whole({ type: 'float', length: product(dims.map(constant)) }, dims.map(constant)),
      order,
    );
    const wanted = factored(random, count(dims));
    const list = { dims: numbers(view), at: [...(places(view) ?? [])] };
    const what = `${JSON.stringify([dims, order])} as ${wanted}`;
    expect(views.reshape(view, wanted.map(constant)) !== undefined, what).toBe(canBeViewed(list, wanted));
  }
});

test('with names for sizes it is what it is with numbers', () => {
  const [batch, tokens] = [symbol('batch'), symbol('tokens')];
  const [heads, size] = [constant(2), constant(3)];
  const states = whole({ type: 'float', length: product([batch, tokens, constant(18)]) }, [
    batch,
    tokens,
    constant(18),
  ]);
  // Keys out of queries, keys and values side by side, as heads.
  const keys = views.slice(states, 2, constant(6), constant(6));
  const split = views.reshape(keys, [batch, tokens, heads, size]);
  const turned = split && views.transpose(split, [0, 2, 1, 3]);
  if (!turned) expect.fail('heads of a slice are a view');
  const cases: readonly [View, readonly Dim[]][] = [
    [turned, [product([batch, heads]), tokens, size]],
    [views.transpose(turned, [0, 2, 1, 3]), [batch, tokens, constant(6)]],
    [keys, [product([batch, tokens]), constant(6)]],
    [views.expand(keys, [constant(4), ...keys.dims]), [product([constant(4), batch]), tokens, constant(6)]],
    [views.transpose(states, [1, 0, 2]), [product([batch, tokens]), constant(18)]],
  ];
  const inNumbers = (view: View): View => {
    const of = (each: Dim) => substitute(substitute(each, 'batch', constant(2)), 'tokens', constant(5));
    return { ...view, offset: of(view.offset), dims: view.dims.map(of), strides: view.strides.map(of) };
  };
  const given = cases.map(([view, dims]) => {
    const reshaped = views.reshape(view, dims);
    if (reshaped) expect(places(inNumbers(reshaped))).toEqual(places(inNumbers(view)));
    return reshaped !== undefined;
  });
  expect(given).toEqual([false, true, true, false, false]);
});
