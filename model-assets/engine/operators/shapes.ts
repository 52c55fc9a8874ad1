// Operators that look at shapes, or give the same elements another one. Hardly any of them is a node of the engine.

import * as commands from '../../../shared/runtime/engine/command-format.ts';
import * as dim from '../dim.ts';
import { type Dim, isNumber, ONE, toNumber, ZERO } from '../dim.ts';
import { MOST_FOLDED } from '../fold.ts';
import { contiguousStrides, knownElements, lengthOf, sizesOf, staticDims, type View } from '../ir.ts';
import { Unsupported } from '../unsupported.ts';
import { expand, slice, transpose } from '../views.ts';
import type { Call, Operator } from './operator.ts';
import { numbersIn, sizesIn } from './sizes.ts';
import { isNegative, sliced } from './slices.ts';

function shape(call: Call): View {
  const { dims } = call.input(0);
  const [start, end] = [call.int('start', 0), call.int('end', dims.length)];
  const part = dims.slice(start, end);
  return call.builder.sizes(part, [part.length]);
}

function reshape(call: Call): View {
  const x = call.input(0);
  const keepsZero = call.int('allowzero', 0) !== 0;
  const wanted = sizesIn(call, 1).map((size, i) => (isNumber(size, 0) && !keepsZero ? (x.dims[i] ?? ZERO) : size));
  const dims = complete(wanted, lengthOf(x));
  call.builder.hold(dim.product(dims), lengthOf(x));
  return call.builder.reshape(x, dims);
}

/** -1 becomes what is left. */
function complete(wanted: readonly Dim[], length: Dim): readonly Dim[] {
  const open = wanted.findIndex((size) => isNumber(size, -1));
  if (open < 0) return wanted;
  return wanted.with(open, dim.divide(length, dim.product(wanted.toSpliced(open, 1))));
}

function flatten(call: Call): View {
  const x = call.input(0);
  const axis = call.int('axis', 1);
  const at = axis < 0 ? axis + x.dims.length : axis;
  return call.builder.reshape(x, [dim.product(x.dims.slice(0, at)), dim.product(x.dims.slice(at))]);
}

function squeeze(call: Call): View {
  const x = call.input(0);
  const axes = numbersIn(call, 'axes', 1)?.map((axis) => call.axis(axis, x.dims.length));
  const open = axes ? undefined : x.dims.find((size) => toNumber(size) === undefined);
  if (open) throw new Unsupported(`without axes the rank depends on whether ${dim.format(open)} is 1`);
  const stays = (i: number) => (axes ? !axes.includes(i) : !isNumber(x.dims[i] ?? ONE, 1));
  for (const axis of axes ?? []) call.builder.hold(x.dims[axis] ?? ONE, ONE);
  const kept = x.dims.flatMap((_, i) => (stays(i) ? [i] : []));
  return transpose(x, kept);
}

function unsqueeze(call: Call): View {
  const x = call.input(0);
  const given = numbersIn(call, 'axes', 1) ?? [];
  const rank = x.dims.length + given.length;
  const axes = given.map((axis) => call.axis(axis, rank));
  let next = 0;
  const source = Array.from({ length: rank }, (_, i) => (axes.includes(i) ? undefined : next++));
  return {
    ...x,
    dims: source.map((i) => (i === undefined ? ONE : (x.dims[i] ?? ONE))),
    strides: source.map((i) => (i === undefined ? ZERO : (x.strides[i] ?? ZERO))),
  };
}

function transposed(call: Call): View {
  const rows = call.notes.get(call.noted(0));
  // Rows that are still bytes are turned when they are floats.
  if (rows?.kind === 'rows') {
    const perm = call.ints('perm') ?? rows.order.map((_, i) => rows.order.length - 1 - i);
    return call.note(rows.table, { ...rows, order: perm.map((i) => rows.order[i] ?? 0) });
  }
  const x = call.input(0);
  return transpose(x, call.ints('perm') ?? x.dims.map((_, i) => x.dims.length - 1 - i));
}

function expanded(call: Call): View {
  const x = call.input(0);
  return expand(x, call.builder.broadcast(x.dims, sizesIn(call, 1)));
}

function tile(call: Call): View {
  let x = call.input(0);
  for (const [axis, times] of sizesIn(call, 1).entries()) {
    if (isNumber(times, 1)) continue;
    if (isNumber(x.dims[axis] ?? ONE, 1)) {
      x = expand(x, x.dims.with(axis, times));
      continue;
    }
    const count = toNumber(times);
    if (count === undefined || count > 64)
      throw new Unsupported('a tensor is repeated by a number that is not known, or is large');
    const part = x;
    x = call.builder.concat(
      Array.from({ length: count }, () => part),
      axis,
    );
  }
  return x;
}

function concat(call: Call): View {
  const parts = call.inputs.map((_, i) => call.input(i));
  return call.builder.concat(parts, call.axis(call.int('axis', 0), parts[0]?.dims.length ?? 0));
}

function split(call: Call): readonly View[] {
  const x = call.input(0);
  const axis = call.axis(call.int('axis', 0), x.dims.length);
  const size = x.dims[axis] ?? ONE;
  const lengths = call.ints('split')?.map(dim.constant) ?? (call.has(1) ? sizesIn(call, 1) : equalParts(call, size));
  call.builder.hold(lengths.reduce(dim.add, ZERO), size);
  for (const length of lengths) call.builder.assume(ZERO, length);
  let start = ZERO;
  return lengths.map((length) => {
    const part = slice(x, axis, start, length);
    start = dim.add(start, length);
    return part;
  });
}

/** As many parts as outputs, the last one shorter where the size is no multiple. */
function equalParts(call: Call, size: Dim): readonly Dim[] {
  const last = call.node.outputs.length - 1;
  const count = dim.constant(last + 1);
  const length = dim.divide(dim.add(size, dim.constant(last)), count);
  const even = dim.divideExactly(size, count);
  if (even) return Array.from({ length: last + 1 }, () => even);
  const rest = dim.subtract(size, dim.multiply(length, dim.constant(last)));
  return [...Array.from({ length: last }, () => length), rest];
}

function constantOfShape(call: Call): View {
  const value = call.node.attributes.get('value')?.tensor;
  const known = value ? call.builder.tensor(value) : call.builder.float(0);
  return expand({ ...known, dims: [], strides: [] }, sizesIn(call, 0));
}

function range(call: Call): View {
  const { builder } = call;
  const [start, limit, step] = [0, 1, 2].map((i) => call.input(i));
  if (!start || !limit || !step) throw new Unsupported('a range lacks a bound');
  if (start.buffer.type === 'float') {
    const [a, b, c] = [start, limit, step].map((view) => knownElements(view)?.[0]);
    if (a === undefined || b === undefined || !c) throw new Unsupported('a range of floats is not known before a run');
    const numbers = Float32Array.from({ length: Math.max(0, Math.ceil((b - a) / c)) }, (_, i) => a + i * c);
    return builder.data(numbers, [numbers.length]);
  }
  const [from, to, by] = [0, 1, 2].map((i) => sizesIn(call, i)[0] ?? ZERO);
  if (!from || !to || !by) throw new Unsupported('a range lacks a bound');
  const isDown = isNegative(by);
  if (!isDown && !dim.isAtLeast(by, ZERO)) throw new Unsupported('it is not known whether a range goes up or down');
  const [way, size] = isDown ? [dim.subtract(from, to), dim.negate(by)] : [dim.subtract(to, from), by];
  const count = dim.divide(dim.subtract(dim.add(way, size), ONE), size);
  const [first, times, length] = [toNumber(from), toNumber(by), toNumber(count)];
  if (first !== undefined && times !== undefined && length !== undefined && length <= MOST_FOLDED) {
    const known = Int32Array.from({ length: Math.max(0, length) }, (_, i) => first + i * times);
    return builder.data(known, [known.length]);
  }
  return builder.emit({ kind: 'range' }, [builder.sizes([from], []), builder.sizes([by], [])], [count], 'int');
}

function gather(call: Call): View {
  const { builder } = call;
  const [table, indices] = [call.input(0), call.input(1)];
  const axis = call.axis(call.int('axis', 0), table.dims.length);
  const size = table.dims[axis] ?? ONE;
  const [only] = staticDims(indices)?.every((each) => each === 1) ? (sizesOf(indices) ?? []) : [];
  if (only) {
    const at = isNegative(only) ? dim.add(size, only) : only;
    const part = slice(table, axis, at, ONE);
    const others = part.dims.map((_, i) => i).filter((i) => i !== axis);
    if (indices.dims.length === 0) return transpose(part, others);
    if (indices.dims.length === 1) return part;
  }
  const [sizes, picked] = [sizesOf(table), knownElements(indices)];
  if (sizes && picked && table.dims.length === 1) {
    const values = Array.from(picked, (i) => sizes.at(i) ?? ZERO);
    return builder.sizes(values, staticDims(indices) ?? [], table.buffer.type);
  }
  if (table.buffer.bytes) {
    const order = Array.from({ length: table.dims.length + indices.dims.length - 1 }, (_, i) => i);
    return call.note(table, { kind: 'rows', table, indices, axis, order });
  }
  const dims = [...table.dims.slice(0, axis), ...indices.dims, ...table.dims.slice(axis + 1)];
  return builder.emit({ kind: 'gather', axis }, [table, indices], dims, table.buffer.type);
}

/** Further before the first element than any tensor has elements: with others added, still no place of one. */
const OUTSIDE = -(2 ** 27);

/** Places along several axes at once become those of rows side by side. */
function gatherNd(call: Call): View {
  const { builder } = call;
  const [x, indices] = [call.input(0), call.input(1)];
  const batch = call.int('batch_dims', 0);
  const outer = indices.dims.slice(0, -1);
  const count = toNumber(indices.dims.at(-1) ?? ZERO);
  if (!count) throw new Unsupported('it is not known before a run how many places an index has');
  const axes = x.dims.slice(0, batch + count);
  const strides = contiguousStrides(axes);
  const place = axes
    .map((size, i) => {
      const stride = builder.sizes([strides[i] ?? ONE], []);
      if (i >= batch) return placeOf(call, part(indices, i - batch), size, stride);
      return builder.binary(commands.MUL, counted(call, outer, i), stride);
    })
    .reduce((a, b) => builder.binary(commands.ADD, a, b));
  const inner = x.dims.slice(axes.length);
  const rows = builder.reshape(x, [dim.product(axes), ...inner]);
  return builder.emit({ kind: 'gather', axis: 0 }, [rows, place], [...outer, ...inner], x.buffer.type);
}

/** 0, 1, … along one of some dimensions. */
function counted({ builder }: Call, dims: readonly Dim[], axis: number): View {
  const size = dims[axis] ?? ONE;
  const numbers = builder.emit({ kind: 'range' }, [builder.int(0), builder.int(1)], [size], 'int');
  return builder.reshape(
    numbers,
    dims.map((_, i) => (i === axis ? size : ONE)),
  );
}

/** Element i of the last axis, which goes. */
function part(view: View, i: number): View {
  const last = view.dims.length - 1;
  return transpose(slice(view, last, dim.constant(i), ONE), [...view.dims.keys()].slice(0, last));
}

/** Places along one axis, from either end, as places among all; OUTSIDE where they are none, and would be some of the next row. */
function placeOf({ builder }: Call, along: View, size: Dim, stride: View): View {
  const [zero, end] = [builder.int(0), builder.sizes([size], [])];
  const isBack = builder.binary(commands.LESS, along, zero);
  const front = builder.select(isBack, builder.binary(commands.ADD, along, end), along);
  const isThere = builder.binary(
    commands.AND,
    builder.binary(commands.GREATER_OR_EQUAL, front, zero),
    builder.binary(commands.LESS, front, end),
  );
  return builder.select(isThere, builder.binary(commands.MUL, front, stride), builder.int(OUTSIDE));
}

export const SHAPES: Readonly<Record<string, Operator>> = {
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Expand: expanded,
  Flatten: flatten,
  Gather: gather,
  GatherND: gatherNd,
  Range: range,
  Reshape: reshape,
  Shape: shape,
  Size: (call) => call.builder.sizes([lengthOf(call.input(0))], []),
  Slice: sliced,
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transposed,
  Unsqueeze: unsqueeze,
};
