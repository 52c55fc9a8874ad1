// Commands of the steps that sum: products, attention, norms and what else goes along an axis.

import * as c from './command-format.ts';
import {
  checkCount,
  checkSame,
  collapse,
  command,
  count,
  damagedStep,
  flat,
  operand,
  optional,
  type Placed,
  product,
  type StepContext,
  word,
} from './placed.ts';
import { type Step, WEIGHTS_F32, WEIGHTS_I8 } from './program.ts';
import { layerBytes, panelBytes } from './weight-bytes.ts';

/** out, in; operation, axis. */
export function reduce(step: Step, context: StepContext): number[] {
  const [out, from] = [flat(step, context, 0), flat(step, context, 1)];
  const axis = word(step, 1);
  const [outer, size, inner] = [
    product(from.dims.slice(0, axis)),
    from.dims[axis] ?? 0,
    product(from.dims.slice(axis + 1)),
  ];
  checkCount(out, outer * inner);
  return command(c.REDUCE, word(step, 0), out.at, from.at, outer, size, inner);
}

/** out, in; 1 for the logarithm. */
export function softmax(step: Step, context: StepContext): number[] {
  const out = flat(step, context, 0);
  const from = checkCount(flat(step, context, 1), count(out));
  const columns = out.dims.at(-1) ?? 1;
  return command(c.SOFTMAX, out.at, from.at, count(out) / columns, columns, word(step, 0));
}

/** out, sum, x, scale, shift, added: all but out and x may be left out; epsilon, 1 for RMS. */
export function norm(step: Step, context: StepContext): number[] {
  const [out, x] = [flat(step, context, 0), flat(step, context, 2)];
  const [sum, scale, shift, added] = [1, 3, 4, 5].map((i) => optional(step, context, i));
  const columns = out.dims.at(-1) ?? 1;
  for (const view of [x, sum, added]) if (view) checkCount(view, count(out));
  for (const view of [scale, shift]) if (view) checkCount(view, columns);
  const at = (view: Placed | null | undefined) => view?.at ?? 0;
  const rows = count(out) / columns;
  return command(
    c.LAYER_NORM,
    out.at,
    x.at,
    at(added),
    at(sum),
    at(scale),
    at(shift),
    rows,
    columns,
    word(step, 0),
    word(step, 1),
  );
}

/** out, x; weights, columns out, columns in, activation, kind of the weights. */
export function linear(step: Step, context: StepContext): number[] {
  const [out, x] = [flat(step, context, 0), operand(step, context, 1)];
  const [weights, columns, depth, activation, kind] = [0, 1, 2, 3, 4].map((i) => word(step, i)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (x.dims.at(-1) !== depth) throw damagedStep('a layer is given rows of another width');
  const rows = count(x) / depth;
  checkCount(out, rows * columns);
  const padded = Math.ceil(depth / c.DEPTH_UNIT) * c.DEPTH_UNIT;
  const words = [
    out.at,
    x.at,
    context.image(weights, layerBytes(columns, depth, kind)),
    rows,
    columns,
    depth,
    columns,
    rowStride(x),
    activation,
  ];
  if (kind === WEIGHTS_F32) return command(c.LINEAR_F32, ...words);
  const row = padded * (context.mode === c.DOT_PLAIN ? 2 : 1) + c.LINEAR_I8_SCRATCH;
  if (kind === WEIGHTS_I8) return command(c.LINEAR_I8, ...words, context.scratch(rows * row));
  const widened = Math.min(c.WIDENED, Math.ceil(columns / c.PANEL)) * panelBytes(depth, WEIGHTS_I8);
  return command(c.LINEAR_I4, ...words, context.scratch(Math.ceil((rows * row) / 16) * 16 + widened));
}

/** From one row to the next, of rows that are equally far from one another. */
function rowStride({ dims, strides }: Placed): number {
  const axes = dims
    .map((size, i) => ({ size, stride: strides[i] ?? 0 }))
    .slice(0, -1)
    .filter(({ size }) => size !== 1);
  axes.slice(0, -1).forEach(({ stride }, i) => {
    const next = axes[i + 1];
    if (next && stride !== next.stride * next.size) throw damagedStep('rows are not equally far from one another');
  });
  if ((dims.at(-1) ?? 1) > 1 && strides.at(-1) !== 1) throw damagedStep('a row does not lie side by side');
  return axes.at(-1)?.stride ?? dims.at(-1) ?? 1;
}

/** out, a, b; 1 where the columns of b lie side by side from row to row. */
export function matmul(step: Step, context: StepContext): number[] {
  const [out, a, b] = [flat(step, context, 0), operand(step, context, 1), operand(step, context, 2)];
  const rank = out.dims.length;
  const isTurned = word(step, 0);
  const [rows, columns, inner] = [out.dims[rank - 2] ?? 1, out.dims[rank - 1] ?? 1, a.dims[rank - 1] ?? 1];
  if (
    a.dims.length !== rank ||
    b.dims.length !== rank ||
    a.dims[rank - 2] !== rows ||
    b.dims[rank - 2] !== inner ||
    b.dims[rank - 1] !== columns
  ) {
    throw damagedStep('matrices of other sizes are multiplied');
  }
  const batch = [a, b].map((view) => ({ ...view, dims: view.dims.slice(0, -2), strides: view.strides.slice(0, -2) }));
  const [x, y] = batch;
  checkSame([{ ...out, dims: out.dims.slice(0, -2) }, ...batch]);
  const { dims, strides } = x && y ? collapse([x, y]) : { dims: [1], strides: [[0], [0]] };
  if (dims.length > 4) throw damagedStep('a batch has more than 4 dimensions');
  const unit = (view: Placed, axis: number) => {
    if ((view.dims[axis] ?? 1) > 1 && view.strides[axis] !== 1)
      throw damagedStep('a matrix has columns that do not lie side by side');
  };
  unit(a, rank - 1);
  unit(b, isTurned ? rank - 2 : rank - 1);
  const scratch = context.scratch(4 * inner * Math.ceil(columns / c.PANEL) * c.PANEL);
  const steps = [a.strides[rank - 2] ?? 0, b.strides[isTurned ? rank - 1 : rank - 2] ?? 0];
  const axes = dims.flatMap((size, i) => [size, strides[0]?.[i] ?? 0, strides[1]?.[i] ?? 0]);
  return command(c.MATMUL, out.at, a.at, b.at, scratch, rows, columns, inner, isTurned, ...steps, dims.length, ...axes);
}
