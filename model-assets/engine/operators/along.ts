// Operators along an axis: sums, softmax, norms, and what goes by diagonals and indices.

import * as commands from '../../../shared/runtime/engine/command-format.ts';
import type { Builder } from '../builder.ts';
import { isNumber, ONE, product, subtract, ZERO } from '../dim.ts';
import { MOST_FOLDED } from '../fold.ts';
import { type Elements, knownElements, scalarOf, staticDims, type View } from '../ir.ts';
import { Unsupported } from '../unsupported.ts';
import { expand, transpose } from '../views.ts';
import type { Call, Operator } from './operator.ts';
import { numbersIn } from './sizes.ts';

/** `before`: what is done to each element, as floats; `behind`: to each result. */
const reduce =
  (operation: number, before?: Step, behind?: Step): Operator =>
  (call) => {
    const { builder } = call;
    const x = call.input(0);
    const rank = x.dims.length;
    const named = numbersIn(call, 'axes', 1);
    const given = named?.length === 0 ? undefined : named;
    if (!given && call.int('noop_with_empty_axes', 0)) {
      if (before) throw new Unsupported('a sum of squares over no axes is not supported');
      return x;
    }
    const axes = (given ?? x.dims.map((_, i) => i)).map((axis) => call.axis(axis, rank));
    const isInt = x.buffer.type === 'int';
    const plain = isInt ? builder.unary(commands.INT_TO_FLOAT, x) : x;
    const start = before ? before(builder, plain) : plain;
    const reduced = axes.reduce(
      (view, axis) =>
        isNumber(view.dims[axis] ?? ONE, 1)
          ? view
          : builder.emit({ kind: 'reduce', operation, axis }, [view], view.dims.with(axis, ONE), 'float'),
      start,
    );
    const finished = behind ? behind(builder, reduced) : reduced;
    const result = isInt ? builder.unary(commands.FLOAT_TO_INT, finished) : finished;
    if (call.int('keepdims', 1)) return result;
    return withoutAxes(result, axes);
  };

/** Without axes of the size 1. */
function withoutAxes(view: View, axes: readonly number[]): View {
  return transpose(
    view,
    view.dims.flatMap((_, i) => (axes.includes(i) ? [] : [i])),
  );
}

type Step = (builder: Builder, x: View) => View;
const square: Step = (builder, x) => builder.binary(commands.MUL, x, x);
const root: Step = (builder, x) => builder.unary(commands.SQRT, x);

/** Where along an axis the greatest stands, or the least: of several the first, or the last. */
const placeOf =
  (operation: number): Operator =>
  (call) => {
    const { builder } = call;
    const x = call.input(0);
    const axis = call.axis(call.int('axis', 0), x.dims.length);
    const size = x.dims[axis] ?? ONE;
    const isLast = call.int('select_last_index', 0) !== 0;
    const toFloats = (view: View) => (view.buffer.type === 'int' ? builder.unary(commands.INT_TO_FLOAT, view) : view);
    const extreme = (of: number, view: View) =>
      builder.emit({ kind: 'reduce', operation: of, axis }, [view], view.dims.with(axis, ONE), 'float');
    const values = toFloats(x);
    const isThere = builder.binary(commands.EQUAL, values, extreme(operation, values));
    const all = builder.emit({ kind: 'range' }, [builder.int(0), builder.int(1)], [size], 'int');
    const along = x.dims.map((_, i) => (i === axis ? size : ONE));
    // All others stand for the place that is taken last.
    const other = builder.sizes([isLast ? ZERO : subtract(size, ONE)], []);
    const places = toFloats(builder.select(isThere, builder.reshape(all, along), other));
    const place = builder.unary(commands.FLOAT_TO_INT, extreme(isLast ? commands.GREATEST : commands.LEAST, places));
    return call.int('keepdims', 1) ? place : withoutAxes(place, [axis]);
  };

const softmax =
  (isLog: boolean): Operator =>
  (call) => {
    const x = call.input(0);
    const last = x.dims.length - 1;
    const axis = call.axis(call.int('axis', call.opset < 13 ? 1 : -1), x.dims.length);
    // Before version 13 all dimensions from the axis on are one.
    if (call.opset < 13 && axis !== last) {
      const rows = call.builder.reshape(x, [...x.dims.slice(0, axis), product(x.dims.slice(axis))]);
      return call.builder.reshape(call.builder.emit({ kind: 'softmax', isLog }, [rows], rows.dims, 'float'), x.dims);
    }
    const order = x.dims.map((_, i) => (i === axis ? last : i === last ? axis : i));
    const turned = transpose(x, order);
    return transpose(call.builder.emit({ kind: 'softmax', isLog }, [turned], turned.dims, 'float'), order);
  };

const norm =
  (isRms: boolean): Operator =>
  (call) => {
    const { builder } = call;
    const x = call.input(0);
    const axis = call.axis(call.int('axis', -1), x.dims.length);
    const operation = { kind: 'norm', epsilon: call.float('epsilon', 1e-5), isRms } as const;
    const columns = product(x.dims.slice(axis));
    // A scale may be one number for several columns.
    const vector = (view: View) => builder.reshape(expand(view, x.dims.slice(axis)), [columns]);
    const shift = call.optional(2);
    const vectors = [vector(call.input(1)), shift ? vector(shift) : null];
    const rows = builder.reshape(x, [...x.dims.slice(0, axis), columns]);
    return builder.reshape(builder.emit(operation, [rows, ...vectors], rows.dims, 'float'), x.dims);
  };

function trilu(call: Call): View {
  const x = call.input(0);
  const diagonal = call.has(1) ? scalarOf(call.input(1)) : 0;
  if (diagonal === undefined) throw new Unsupported('the diagonal is not known before a run');
  const isUpper = call.int('upper', 1) !== 0;
  const known = knownTriangle(x, diagonal, isUpper);
  if (known) return call.builder.data(known, staticDims(x) ?? []);
  const operation = { kind: 'trilu', diagonal, isUpper } as const;
  return call.builder.emit(operation, [x], x.dims, x.buffer.type);
}

/** Of a matrix that is known, such as the mask of all positions that a model has. */
function knownTriangle(x: View, diagonal: number, isUpper: boolean): Elements | undefined {
  const [rows = 1, columns = 1] = staticDims(x)?.slice(-2) ?? [];
  const size = staticDims(x)?.reduce((product, each) => product * each, 1) ?? Number.POSITIVE_INFINITY;
  return size > MOST_FOLDED
    ? undefined
    : knownElements(x)?.map((value, i) => {
        const beside = (i % columns) - (Math.floor(i / columns) % rows) - diagonal;
        return (isUpper ? beside >= 0 : beside <= 0) ? value : 0;
      });
}

function cumulativeSum(call: Call): View {
  const x = call.input(0);
  const axis = scalarOf(call.input(1));
  if (axis === undefined) throw new Unsupported('the axis is not known before a run');
  const operation = {
    kind: 'cumulative sum',
    axis: call.axis(axis, x.dims.length),
    isExclusive: call.int('exclusive', 0) !== 0,
    isReverse: call.int('reverse', 0) !== 0,
  } as const;
  return call.builder.emit(operation, [x], x.dims, x.buffer.type);
}

function scatterNd(call: Call): View {
  const [data, indices, updates] = [call.input(0), call.input(1), call.input(2)];
  if (call.text('reduction', 'none') !== 'none')
    throw new Unsupported('scattered updates that are added up are not supported');
  return call.builder.emit({ kind: 'scatter' }, [data, indices, updates], data.dims, data.buffer.type);
}

/** Known numbers, or the tensor that an attribute holds. */
function constant(call: Call): View {
  const { attributes } = call.node;
  const tensor = attributes.get('value')?.tensor;
  if (tensor) return call.builder.tensor(tensor);
  const [name, attribute] = [...attributes][0] ?? [];
  if (name === 'value_float') return call.builder.float(attribute?.float ?? 0);
  if (name === 'value_int') return call.builder.int(attribute?.int ?? 0);
  if (name === 'value_ints')
    return call.builder.data(Int32Array.from(attribute?.ints ?? []), [attribute?.ints.length ?? 0]);
  if (name === 'value_floats')
    return call.builder.data(Float32Array.from(attribute?.floats ?? []), [attribute?.floats.length ?? 0]);
  throw new Unsupported(`a constant of ${name ?? 'nothing'} is not supported`);
}

export const ALONG: Readonly<Record<string, Operator>> = {
  ArgMax: placeOf(commands.GREATEST),
  ArgMin: placeOf(commands.LEAST),
  Constant: constant,
  CumSum: cumulativeSum,
  LayerNormalization: norm(false),
  LogSoftmax: softmax(true),
  ReduceL2: reduce(commands.SUM, square, root),
  ReduceMax: reduce(commands.GREATEST),
  ReduceMean: reduce(commands.MEAN),
  ReduceMin: reduce(commands.LEAST),
  ReduceProd: reduce(commands.PRODUCT),
  ReduceSum: reduce(commands.SUM),
  ReduceSumSquare: reduce(commands.SUM, square),
  ScatterND: scatterNd,
  SimplifiedLayerNormalization: norm(true),
  Softmax: softmax(false),
  Trilu: trilu,
};
