// Products in integers as onnxruntime's quantize_dynamic writes them, and weights in bytes. Five nodes stand for one product:
//
//   x -> DynamicQuantizeLinear -> MatMulInteger(weight in bytes) -> Cast -> Mul(scale of x × scale of the weight)
//
// They become the product of x with a weight that is still in bytes; how x is rounded is the engine's affair, which does it by rows.

import * as commands from '../../../shared/runtime/engine/command-format.ts';
import { ByteWeights } from '../byte-weights.ts';
import { type Dim, isNumber, ONE, toNumber } from '../dim.ts';
import { type Buffer, knownElements, places, type View, whole } from '../ir.ts';
import { Unsupported } from '../unsupported.ts';
import { isAll, transpose } from '../views.ts';
import type { Call, Operator, Rows } from './operator.ts';
import { matmul } from './products.ts';

function dynamicQuantizeLinear(call: Call): readonly View[] {
  const x = call.input(0);
  return [call.note(x, { kind: 'bytes', x }), call.note(x, { kind: 'scale', x }), call.note(x, { kind: 'zero', x })];
}

function matMulInteger(call: Call): View {
  const [a, weight, zero] = [call.noted(0), call.input(1), call.optional(3)];
  const note = call.notes.get(a);
  if (weight.buffer.bytes && note?.kind === 'rows') {
    const [one, own] = [call.builder.float(1), call.optional(2)];
    if (own && !isOne(own)) throw new Unsupported('rows of a table have zero points by their place among the indices');
    const x = gather(call, inBytes(note.table, one, own, 0), note);
    return call.note(a, { kind: 'product', x, weight, zero, isScaled: true });
  }
  const offset = call.has(2) ? call.notes.get(call.noted(2)) : undefined;
  if (note?.kind !== 'bytes' || offset?.kind !== 'zero' || offset.x !== note.x || !weight.buffer.bytes) {
    throw new Unsupported('a product in integers is none of DynamicQuantizeLinear with a weight');
  }
  return call.note(a, { kind: 'product', x: note.x, weight, zero, isScaled: false });
}

/** Mul of what stands for a part of a product in integers; undefined for any other. */
export function scaled(call: Call): View | undefined {
  for (const [one, other] of [
    [call.noted(0), call.noted(1)],
    [call.noted(1), call.noted(0)],
  ] as const) {
    const note = call.notes.get(one);
    const scale = call.notes.get(other);
    if (note?.kind === 'scale' && !note.weight && knownElements(other)) {
      return call.note(one, { ...note, weight: other });
    }
    if (note?.kind !== 'product') continue;
    const isOwn = scale?.kind === 'scale' && scale.x === note.x;
    const weightScale = note.isScaled && !scale ? other : isOwn ? scale.weight : undefined;
    if (!weightScale) continue;
    return matmul(call.builder, note.x, inBytes(note.weight, weightScale, note.zero, note.weight.dims.length - 1));
  }
  return undefined;
}

function dequantizeLinear(call: Call): View {
  const [scale, zero] = [call.input(1), call.optional(2)];
  if (call.int('block_size', 0) > 0) throw new Unsupported('weights with scales for their blocks are not supported');
  const note = call.notes.get(call.noted(0));
  // One scale has no axis.
  const axisOf = ({ dims }: View) => (isOne(scale) ? 0 : call.axis(call.int('axis', 1), dims.length));
  if (note?.kind === 'rows') {
    const axis = isOne(scale) ? 0 : axisOfTable(note, call.axis(call.int('axis', 1), note.order.length));
    return gather(call, inBytes(note.table, scale, zero, axis), note);
  }
  const x = call.input(0);
  if (x.buffer.bytes) return inBytes(x, scale, zero, axisOf(x));
  if (x.buffer.type !== 'int')
    throw new Unsupported('what is dequantized is neither a weight in bytes nor rows of one');
  const dims = x.dims.map((size, i) => (i === axisOf(x) ? size : ONE));
  const along = (view: View) => (isOne(view) ? view : call.builder.reshape(view, dims));
  const shifted = zero ? call.builder.binary(commands.SUB, x, along(zero)) : x;
  return call.builder.binary(commands.MUL, call.builder.unary(commands.INT_TO_FLOAT, shifted), along(scale));
}

const isOne = (view: View) => view.dims.every((size) => isNumber(size, 1));

/** The table's axis that one of its rows comes from. */
function axisOfTable({ indices, axis, order }: Rows, place: number): number {
  const at = order[place] ?? 0;
  if (at < axis) return at;
  if (at < axis + indices.dims.length)
    throw new Unsupported('rows of a table have scales by their place among the indices');
  return at - indices.dims.length + 1;
}

/** Rows of a table in bytes, cast to floats: their scales come as a product afterwards. */
export function rowsAsFloats(call: Call, note: Rows): View {
  return gather(call, inBytes(note.table, call.builder.float(1), undefined, 0), note);
}

/** Rows of the table, which is `table` with its scales. */
function gather({ builder }: Call, table: View, { indices, axis, order }: Rows): View {
  const [rows = ONE, columns = ONE] = table.dims;
  if (axis === 1 && table.dims.length === 2 && table.buffer.quantized?.scales.length === 1) {
    // Columns, as of a head that gives its embeddings too: rows of the table that lies the other way.
    const dims = [...indices.dims, rows];
    const taken = builder.emit({ kind: 'gather', axis: 0 }, [turned(table, columns, rows), indices], dims, 'float');
    const last = dims.length - 1;
    return transpose(transpose(taken, [last, ...dims.keys()].slice(0, dims.length)), order);
  }
  const dims = [...table.dims.slice(0, axis), ...indices.dims, ...table.dims.slice(axis + 1)];
  return transpose(builder.emit({ kind: 'gather', axis }, [table, indices], dims, 'float'), order);
}

/** [columns, rows] of a table with one scale, side by side. */
function turned(table: View, columns: Dim, rows: Dim): View {
  const at = places(transpose(table, [1, 0]));
  const { quantized } = table.buffer;
  if (!at || !quantized) throw new Unsupported('the size of a table in bytes is not known');
  const given = quantized.values.read();
  const values = new (given instanceof Int8Array ? Int8Array : Uint8Array)(at.length);
  for (let i = 0; i < values.length; i++) values[i] = given[at[i] ?? 0] ?? 0;
  const turnedOver = { ...quantized, values: ByteWeights.of(values) };
  return whole({ ...table.buffer, quantized: turnedOver }, [columns, rows]);
}

/** A weight in bytes with its scale and its zero point, or one for each place of `axis`. */
function inBytes(weight: View, scale: View, zero: View | undefined, axis: number): View {
  const { bytes, name } = weight.buffer;
  const factors = knownElements(scale);
  const offsets = zero ? knownElements(zero) : Int32Array.of(0);
  if (!bytes || !(factors instanceof Float32Array) || !offsets) {
    throw new Unsupported('the scale of a weight in bytes is not known');
  }
  const count = Math.max(factors.length, offsets.length);
  const size = toNumber(weight.dims[axis] ?? weight.offset);
  if ([factors, offsets].some(({ length }) => length > 1 && length !== size)) {
    throw new Unsupported(`a weight has ${count} scales or zero points for an axis of another size`);
  }
  // They are found by an element's place in the buffer.
  if (count > 1 && !isAll(weight)) {
    throw new Unsupported('a part of a weight, or a repeated one, has scales or zero points for places of an axis');
  }
  // One of either stands for all places.
  const scales = Float32Array.from({ length: count }, (_, i) => factors[factors.length > 1 ? i : 0] ?? 0);
  const zeros = Int32Array.from({ length: count }, (_, i) => offsets[offsets.length > 1 ? i : 0] ?? 0);
  const inner = toNumber((count > 1 ? weight.strides[axis] : weight.buffer.length) ?? weight.offset) ?? 0;
  const buffer: Buffer = {
    type: 'float',
    length: weight.buffer.length,
    quantized: { values: bytes, scales, zeros, inner: Math.max(inner, 1) },
    ...(name && { name }),
  };
  return { ...weight, buffer };
}

export const QUANTIZATION: Readonly<Record<string, Operator>> = {
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
};
