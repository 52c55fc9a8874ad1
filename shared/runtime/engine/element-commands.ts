// Commands of the steps that move elements, or compute each by itself.

import * as c from './command-format.ts';
import {
  checkCount,
  collapse,
  command,
  count,
  damagedStep,
  distinct,
  flat,
  operand,
  type Placed,
  product,
  type StepContext,
  word,
} from './placed.ts';
import type { Step } from './program.ts';
import * as p from './program.ts';
import { weightBytes } from './weight-bytes.ts';

function copyOf(out: Placed, from: Placed): number[] {
  const { dims, strides } = collapse([out, from]);
  return command(c.COPY, out.at, from.at, dims.length, ...dims, ...strides.flat());
}

/** out, in. */
export function copy(step: Step, context: StepContext): number[] {
  return copyOf(distinct(step, context, 0), operand(step, context, 1));
}

/** out, start, step; 1 for floats. */
export function range(step: Step, context: StepContext): number[] {
  const [out, start, by] = [0, 1, 2].map((i) => flat(step, context, i));
  if (!out || !start || !by) throw damagedStep('a range lacks a view');
  return command(c.RANGE, out.at, count(out), checkCount(start, 1).at, checkCount(by, 1).at, word(step, 0));
}

/** out, in; operation. */
export function unary(step: Step, context: StepContext): number[] {
  const out = flat(step, context, 0);
  const from = checkCount(flat(step, context, 1), count(out));
  return command(c.UNARY, word(step, 0), out.at, from.at, count(out));
}

/** out, a, b; operation. */
export function binary(step: Step, context: StepContext): number[] {
  const [out, a, b] = [flat(step, context, 0), operand(step, context, 1), operand(step, context, 2)];
  const { dims, strides } = collapse([out, a, b]);
  return command(c.BINARY, word(step, 0), out.at, a.at, b.at, dims.length, ...dims, ...strides.slice(1).flat());
}

/** out, condition, a, b. */
export function select(step: Step, context: StepContext): number[] {
  const out = flat(step, context, 0);
  const from = [1, 2, 3].map((i) => operand(step, context, i));
  const { dims, strides } = collapse([out, ...from]);
  return command(c.SELECT, out.at, ...from.map(({ at }) => at), dims.length, ...dims, ...strides.slice(1).flat());
}

/** out, table, indices; axis. */
export function gather(step: Step, context: StepContext): number[] {
  const [out, table, indices] = [flat(step, context, 0), flat(step, context, 1), flat(step, context, 2)];
  const axis = word(step, 0);
  const outer = product(table.dims.slice(0, axis));
  const inner = product(table.dims.slice(axis + 1));
  checkCount(out, outer * inner * count(indices));
  return command(c.GATHER, out.at, table.at, indices.at, outer, table.dims[axis] ?? 0, inner, count(indices));
}

/** out, indices; table, rows, width, scales, 1 for a scale a row, zero points or -1: places in the image. */
export function gatherBytes(step: Step, context: StepContext): number[] {
  const [out, indices] = [flat(step, context, 0), flat(step, context, 1)];
  const [table, rows, width, scales, isByRow, zeros] = [0, 1, 2, 3, 4, 5].map((i) => word(step, i)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  checkCount(out, count(indices) * width);
  const entries = 4 * (isByRow ? rows : 1);
  const places = [context.image(scales, entries), isByRow, zeros === p.ABSENT ? 0 : context.image(zeros, entries)];
  return command(
    c.GATHER_I8,
    out.at,
    context.image(table, rows * width),
    indices.at,
    count(indices),
    rows,
    width,
    ...places,
  );
}

/**
 * out, indices; table, rows, width, bits of an element, elements of a block, scales, zero points or -1, and the zero point of all where those
 * are left out: places in the image.
 */
export function gatherBlocks(step: Step, context: StepContext): number[] {
  const [out, indices] = [flat(step, context, 0), flat(step, context, 1)];
  const [, rows = 0, width = 0, bits = 0, block = 0, , , zero = 0] = step.words;
  checkCount(out, count(indices) * width);
  const weights = weightBytes(p.STEP_GATHER_BLOCKS, step.words).map(([at, bytes]) => context.image(at, bytes));
  const [table = 0, scales = 0, zeros = 0] = weights;
  const shape = [count(indices), rows, width, bits, block];
  return command(c.GATHER_BLOCKS, out.at, table, indices.at, ...shape, scales, zeros, zero);
}

/** out, in; diagonal, 1 for upper. */
export function trilu(step: Step, context: StepContext): number[] {
  const out = flat(step, context, 0);
  const from = checkCount(flat(step, context, 1), count(out));
  const [rows = 1, columns = 1] = out.dims.slice(-2);
  return command(c.TRILU, out.at, from.at, product(out.dims.slice(0, -2)), rows, columns, word(step, 0), word(step, 1));
}

/** out, in; axis, 1 for exclusive, 1 for reverse, 1 for floats. */
export function cumulativeSum(step: Step, context: StepContext): number[] {
  const out = flat(step, context, 0);
  const from = checkCount(flat(step, context, 1), count(out));
  const axis = word(step, 0);
  const sizes = [product(out.dims.slice(0, axis)), out.dims[axis] ?? 1, product(out.dims.slice(axis + 1))];
  return command(c.CUMULATIVE_SUM, out.at, from.at, ...sizes, word(step, 1), word(step, 2), word(step, 3));
}

/** out, data, indices, updates. */
export function scatter(step: Step, context: StepContext): number[] {
  const [out, data] = [flat(step, context, 0), operand(step, context, 1)];
  const [indices, updates] = [flat(step, context, 2), flat(step, context, 3)];
  const depth = indices.dims.at(-1) ?? 0;
  if (depth > out.dims.length) throw damagedStep('indices are deeper than what they point into');
  const inner = product(out.dims.slice(depth));
  const rows = depth === 0 ? 0 : count(indices) / depth;
  checkCount(updates, rows * inner);
  const axes = out.dims.slice(0, depth).flatMap((size, i) => [size, product(out.dims.slice(i + 1))]);
  return [...copyOf(out, data), ...command(c.SCATTER, out.at, indices.at, updates.at, rows, depth, inner, ...axes)];
}
