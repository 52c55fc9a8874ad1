// Operators that look at shapes, or give the same elements another one. Hardly any of them is a node of the engine.

import * as dim from '../dim.ts';
import { type Dim, isNumber, ONE, toNumber, ZERO } from '../dim.ts';
import { knownElements, lengthOf, sizesOf, staticDims, type View } from '../ir.ts';
import { expand, slice, transpose } from '../views.ts';
import type { Call, Operator } from './operator.ts';

/** Sizes that an input gives. Throws where they depend on more than the sizes of the graph's inputs. */
export function sizesIn(call: Call, index: number): readonly Dim[] {
  const sizes = sizesOf(call.input(index));
  if (!sizes) throw new Error(`input ${index} is a shape that depends on data`);
  return sizes.map((size) => call.builder.resolve(size));
}

/** Numbers of an attribute, or in later versions of an input; undefined where neither is there. */
export function numbersIn(call: Call, attribute: string, index: number): readonly number[] | undefined {
  const given = call.ints(attribute);
  if (given) return given;
  if (!call.has(index)) return undefined;
  const numbers = sizesIn(call, index).map(toNumber);
  if (!numbers.every((number) => number !== undefined)) throw new Error(`input ${index} is not known before a run`);
  return numbers;
}

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
  return call.builder.reshape(x, complete(wanted, lengthOf(x)));
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
  const stays = (i: number) => (axes ? !axes.includes(i) : !isNumber(x.dims[i] ?? ONE, 1));
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
      throw new Error('a tensor is repeated by a number that is not known, or is large');
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

function sliced(call: Call): View {
  const [starts, ends] = call.has(1)
    ? [sizesIn(call, 1), sizesIn(call, 2)]
    : [call.ints('starts') ?? [], call.ints('ends') ?? []].map((list) => list.map(dim.constant));
  const axes = numbersIn(call, 'axes', 3) ?? starts?.map((_, i) => i) ?? [];
  const steps = call.has(4) ? numbersIn(call, '', 4) : undefined;
  return axes.reduce((x, each, i) => {
    const axis = call.axis(each, x.dims.length);
    return slicedAxis(x, axis, starts?.[i] ?? ZERO, ends?.[i] ?? ZERO, steps?.[i] ?? 1);
  }, call.input(0));
}

/** No end of a slice lies further away. */
const FAR = 2 ** 31 - 1;

function slicedAxis(x: View, axis: number, start: Dim, end: Dim, step: number): View {
  const size = x.dims[axis] ?? ONE;
  if (step < 0) return reversed(x, axis, start, end, step);
  const from = isNegative(start) ? dim.add(size, start) : start;
  const to = endOf(size, end);
  const count = dim.subtract(to, from);
  return slice(
    x,
    axis,
    from,
    step === 1 ? count : dim.divide(dim.add(count, dim.constant(step - 1)), dim.constant(step)),
    dim.constant(step),
  );
}

/** Where a slice ends. A run checks that no view leaves its buffer, so what cannot be told here may be believed. */
function endOf(size: Dim, end: Dim): Dim {
  const number = toNumber(end);
  if (isNegative(end)) return dim.add(size, end);
  if (number === undefined || number === 1) return end;
  return number >= FAR ? size : dim.minimum(size, end);
}

function isNegative({ terms }: Dim): boolean {
  return terms.length > 0 && terms.every(({ coefficient }) => coefficient < 0);
}

/** The whole of an axis from its end. */
function reversed(x: View, axis: number, start: Dim, end: Dim, step: number): View {
  const size = x.dims[axis] ?? ONE;
  const from = toNumber(start) ?? 0;
  if (step !== -1 || !(from === -1 || from >= FAR) || (toNumber(end) ?? 0) > -FAR) {
    throw new Error('a slice that goes backwards takes less than the whole axis');
  }
  return slice(x, axis, dim.subtract(size, ONE), size, dim.constant(-1));
}

function split(call: Call): readonly View[] {
  const x = call.input(0);
  const axis = call.axis(call.int('axis', 0), x.dims.length);
  const size = x.dims[axis] ?? ONE;
  const count = call.node.outputs.length;
  const given = numbersIn(call, 'split', 1)?.map(dim.constant);
  const equal = dim.divide(size, dim.constant(count));
  const lengths = given ?? Array.from({ length: count }, () => equal);
  let start = ZERO;
  return lengths.map((length) => {
    const part = slice(x, axis, start, length);
    start = dim.add(start, length);
    return part;
  });
}

function constantOfShape(call: Call): View {
  const value = call.node.attributes.get('value')?.tensor;
  const known = value ? call.builder.tensor(value) : call.builder.float(0);
  return expand({ ...known, dims: [], strides: [] }, sizesIn(call, 0));
}

function range(call: Call): View {
  const { builder } = call;
  const [start, limit, step] = [0, 1, 2].map((i) => call.input(i));
  if (!start || !limit || !step) throw new Error('a range lacks a bound');
  if (start.buffer.type === 'float') {
    const [a, b, c] = [start, limit, step].map((view) => knownElements(view)?.[0]);
    if (a === undefined || b === undefined || !c) throw new Error('a range of floats is not known before a run');
    const numbers = Float32Array.from({ length: Math.max(0, Math.ceil((b - a) / c)) }, (_, i) => a + i * c);
    return builder.data(numbers, [numbers.length]);
  }
  const [from, to, by] = [0, 1, 2].map((i) => sizesIn(call, i)[0] ?? ZERO);
  if (!from || !to || !by) throw new Error('a range lacks a bound');
  const count = isNumber(by, 1)
    ? dim.subtract(to, from)
    : isNumber(by, -1)
      ? dim.subtract(from, to)
      : dim.divide(dim.subtract(dim.add(to, by), dim.add(from, ONE)), by);
  const [first, times, length] = [toNumber(from), toNumber(by), toNumber(count)];
  if (first !== undefined && times !== undefined && length !== undefined) {
    return builder.data(
      Int32Array.from({ length }, (_, i) => first + i * times),
      [length],
    );
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
    return builder.sizes(values, staticDims(indices) ?? []);
  }
  if (table.buffer.bytes) return call.note(table, { kind: 'rows', table, indices, axis });
  const dims = [...table.dims.slice(0, axis), ...indices.dims, ...table.dims.slice(axis + 1)];
  return builder.emit({ kind: 'gather', axis }, [table, indices], dims, table.buffer.type);
}

export const SHAPES: Readonly<Record<string, Operator>> = {
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Expand: expanded,
  Flatten: flatten,
  Gather: gather,
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
