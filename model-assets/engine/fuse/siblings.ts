// Linear layers of the same input become one, as queries, keys and values do: a row is quantized once, and read once.

import { NONE } from '../../../shared/runtime/engine/command-format.ts';
import { add, constant, type Dim, divideExactly, isEqual, multiply, toNumber } from '../dim.ts';
import { type Buffer, isEqualView, type Node, type View, whole } from '../ir.ts';
import { isWhole, type NodeOf, type Rewriter } from './rewriter.ts';

/** As many as queries, keys and values: of the states of an encoder every layer of the decoder makes its own. */
const MOST = 3;

/** A linear layer of several weights side by side; the engine packs them as one. */
export interface Weights {
  readonly weight: View;
  readonly bias: View | null;
}

/** Weights of a linear node, in the order of its columns. */
export function weightsOf({ inputs }: NodeOf<'linear'>): readonly Weights[] {
  const rest = inputs.slice(1);
  return Array.from({ length: Math.ceil(rest.length / 2) }, (_, i) => {
    const weight = rest[2 * i];
    if (!weight) throw new Error('a linear layer lacks its weight');
    return { weight, bias: rest[2 * i + 1] ?? null };
  });
}

export function joinSiblings(rewriter: Rewriter): void {
  // What reads a joined layer is another node from then on, which may have siblings too.
  while (groupsOf(rewriter).filter((nodes) => join(rewriter, nodes)).length > 0);
}

/** Layers of the same input, as many as may become one; those that did are left out. */
function groupsOf(rewriter: Rewriter): readonly NodeOf<'linear'>[][] {
  const byInput = new Map<Buffer, NodeOf<'linear'>[]>();
  for (const node of rewriter.nodes('linear')) {
    const [x] = node.inputs;
    if (!x || node.operation.activation !== NONE || rewriter.isOutput(node.output.buffer)) continue;
    if (weightsOf(node).length === 1) byInput.set(x.buffer, [...(byInput.get(x.buffer) ?? []), node]);
  }
  return [...byInput.values()].flatMap((nodes) =>
    Array.from({ length: Math.ceil(nodes.length / MOST) }, (_, i) => nodes.slice(MOST * i, MOST * (i + 1))),
  );
}

/** Whether any of them were joined. */
function join(rewriter: Rewriter, all: readonly NodeOf<'linear'>[]): boolean {
  const [first] = all;
  // A join before may have put others in their place.
  if (!first || !rewriter.has(first)) return false;
  const nodes = all.filter((node) => isAlike(first, node) && canWiden(rewriter, node));
  if (nodes.length < 2) return false;
  const columns = nodes.map((node) => toNumber(node.output.dims.at(-1) ?? constant(0)) ?? 0);
  const total = constant(columns.reduce((sum, each) => sum + each, 0));
  const rows = divideExactly(first.output.buffer.length, constant(columns[0] ?? 1));
  if (!rows) return false;
  const buffer: Buffer = { type: 'float', length: multiply(rows, total) };
  const output = whole(buffer, first.output.dims.with(-1, total));
  const joined: Node = {
    ...first,
    inputs: [first.inputs[0] ?? null, ...nodes.flatMap(({ inputs }) => [inputs[1] ?? null, inputs[2] ?? null])],
    output,
    from: nodes.flatMap(({ from }) => from),
  };
  rewriter.replace(nodes, [joined]);
  let start = 0;
  nodes.forEach((node, i) => {
    const width = columns[i] ?? 0;
    const at = start;
    rewriter.mapViews(node.output.buffer, (view) => widen(view, buffer, width, total, at));
    start += width;
  });
  return true;
}

function isAlike(a: NodeOf<'linear'>, b: NodeOf<'linear'>): boolean {
  const [x, y] = [a.inputs[0], b.inputs[0]];
  const [v, w] = [a.inputs[1], b.inputs[1]];
  return (
    !!x &&
    !!y &&
    isEqualView(x, y) &&
    !!v &&
    !!w &&
    (v.buffer.quantized === undefined) === (w.buffer.quantized === undefined) &&
    isEqual(
      divideExactly(a.output.buffer.length, a.output.dims.at(-1) ?? constant(1)) ?? constant(-1),
      divideExactly(b.output.buffer.length, b.output.dims.at(-1) ?? constant(1)) ?? constant(-2),
    )
  );
}

/** Whether every view of the layer's output can be told in longer rows. */
function canWiden(rewriter: Rewriter, node: NodeOf<'linear'>): boolean {
  const width = toNumber(node.output.dims.at(-1) ?? constant(0)) ?? 0;
  if (!isWhole(node.output) || width % 4 !== 0) return false;
  return rewriter.viewsOf(node.output.buffer).every(({ offset, dims, strides }) => {
    // Within a row, or from row to row, and never along several.
    const inRow = strides.map((stride, i) => ({
      stride: toNumber(stride),
      size: toNumber(dims[i] ?? constant(1)),
      isRows: isRows(stride, width),
    }));
    const reach = inRow.reduce(
      (sum, { stride = Number.POSITIVE_INFINITY, size = Number.POSITIVE_INFINITY, isRows }) =>
        isRows ? sum : sum + stride * (size - 1),
      0,
    );
    const start = toNumber(offset);
    return start !== undefined && start < width && start + reach < width;
  });
}

const isRows = (stride: Dim, width: number) =>
  stride.terms.length === 0 || divideExactly(stride, constant(width)) !== undefined;

function widen(view: View, buffer: Buffer, width: number, total: Dim, start: number): View {
  return {
    buffer,
    offset: add(view.offset, constant(start)),
    dims: view.dims,
    strides: view.strides.map((stride) => {
      const rows = divideExactly(stride, constant(width));
      return rows ? multiply(rows, total) : stride;
    }),
  };
}
