// Products of matrices.

import * as commands from '../../../shared/runtime/engine/command-format.ts';
import type { Builder } from '../builder.ts';
import { type Dim, ONE, product } from '../dim.ts';
import type { View } from '../ir.ts';
import { Unsupported } from '../unsupported.ts';
import { expand, transpose } from '../views.ts';
import type { Call, Operator } from './operator.ts';

/** numpy's matmul: vectors become matrices of one row, or one column, which then goes. */
export function matmul(builder: Builder, a: View, b: View): View {
  if (a.buffer.type !== 'float' || b.buffer.type !== 'float')
    throw new Unsupported('a product of integers is not supported');
  const isRow = a.dims.length === 1;
  const isColumn = b.dims.length === 1;
  const x = isRow ? builder.reshape(a, [ONE, ...a.dims]) : a;
  const y = isColumn ? builder.reshape(b, [...b.dims, ONE]) : b;
  const [rows, columns] = [at(x, -2), at(y, -1)];
  builder.unify(at(x, -1), at(y, -2));
  const batch = builder.broadcast(x.dims.slice(0, -2), y.dims.slice(0, -2));
  const inputs = [expand(x, [...batch, rows, at(x, -1)]), expand(y, [...batch, at(y, -2), columns])];
  const output = builder.emit({ kind: 'matmul' }, inputs, [...batch, rows, columns], 'float');
  if (!isRow && !isColumn) return output;
  return builder.reshape(output, [...batch, ...(isRow ? [] : [rows]), ...(isColumn ? [] : [columns])]);
}

const at = (view: View, index: number): Dim => view.dims.at(index) ?? ONE;

function gemm(call: Call): View {
  const { builder } = call;
  const turned = (view: View, name: string) => (call.int(name, 0) ? transpose(view, [1, 0]) : view);
  const times = (view: View, name: string) => {
    const factor = call.float(name, 1);
    return factor === 1 ? view : builder.binary(commands.MUL, view, builder.float(factor));
  };
  const output = times(matmul(builder, turned(call.input(0), 'transA'), turned(call.input(1), 'transB')), 'alpha');
  return call.has(2) ? builder.binary(commands.ADD, output, times(call.input(2), 'beta')) : output;
}

/** Of two tensors, each letter once in each: letters of both are of the batch where they stay, and summed over where they go. */
function einsum(call: Call): View {
  const { builder } = call;
  const equation = call.text('equation', '').replaceAll(' ', '');
  const [left = '', result] = equation.split('->');
  const [first, second, third] = left.split(',');
  const isPlain = (letters: string) => /^[a-zA-Z]*$/.test(letters) && new Set(letters).size === letters.length;
  if (
    !first ||
    !second ||
    third !== undefined ||
    result === undefined ||
    ![first, second, result].every(isPlain) ||
    [...result].some((letter) => !left.includes(letter))
  ) {
    throw new Unsupported(`the equation ${equation} is not supported`);
  }
  const [a, b] = [call.input(0), call.input(1)];
  if (a.dims.length !== first.length || b.dims.length !== second.length) {
    throw new Unsupported(`${equation} is not of tensors of ${a.dims.length} and ${b.dims.length} dimensions`);
  }
  const sizes = new Map([...first].map((letter, i) => [letter, a.dims[i] ?? ONE]));
  for (const [i, letter] of [...second].entries()) {
    const size = b.dims[i] ?? ONE;
    const known = sizes.get(letter);
    sizes.set(letter, known ? builder.unify(known, size) : size);
  }
  const letters = [...sizes.keys()];
  const isIn = (text: string) => (letter: string) => text.includes(letter);
  const batch = letters.filter((each) => isIn(first)(each) && isIn(second)(each) && isIn(result)(each));
  const inner = letters.filter((each) => isIn(first)(each) && isIn(second)(each) && !isIn(result)(each));
  const rows = letters.filter((each) => !isIn(second)(each));
  const columns = letters.filter((each) => !isIn(first)(each));
  if ([...rows, ...columns].some((each) => !isIn(result)(each)))
    throw new Unsupported(`${equation} sums over one tensor alone`);
  const sizeOf = (group: readonly string[]) => group.map((letter) => sizes.get(letter) ?? ONE);
  const held = (group: readonly string[]) => product(sizeOf(group));
  const ordered = (view: View, names: string, order: readonly string[]) =>
    transpose(
      view,
      order.map((letter) => names.indexOf(letter)),
    );
  const x = builder.reshape(ordered(a, first, [...batch, ...rows, ...inner]), [
    ...sizeOf(batch),
    held(rows),
    held(inner),
  ]);
  const y = builder.reshape(ordered(b, second, [...batch, ...inner, ...columns]), [
    ...sizeOf(batch),
    held(inner),
    held(columns),
  ]);
  const order = [...batch, ...rows, ...columns];
  const output = builder.reshape(matmul(builder, x, y), sizeOf(order));
  return transpose(
    output,
    [...result].map((letter) => order.indexOf(letter)),
  );
}

export const PRODUCTS: Readonly<Record<string, Operator>> = {
  Einsum: einsum,
  Gemm: gemm,
  MatMul: (call) => matmul(call.builder, call.input(0), call.input(1)),
};
