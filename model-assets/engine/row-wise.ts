// Nodes that compute each row of what they give of one row of what they read: linear layers, norms, and what goes element by element. Of
// those that stand at a graph's end few rows may be wanted, and then no others need be computed.

import { type Dim, divideExactly, isEqual, isNumber, ONE, product, ZERO } from './dim.ts';
import { isWhole, type Rewriter } from './fuse/rewriter.ts';
import { type Buffer, isEqualList, lengthOf, type Node, type View, whole } from './ir.ts';
import { reshape, slice } from './views.ts';

/** Rows [batch, tokens] of a graph, and those of the tokens that are wanted: `count` from `start` on. */
export interface Wanted {
  readonly batch: Dim;
  readonly tokens: Dim;
  readonly start: Dim;
  readonly count: Dim;
}

/**
 * What `last` gives, [batch, count, columns], of nodes beside it and those before it that compute the wanted rows alone; undefined where it
 * is no such node. The old ones go with their last reader. `mayComeOut`: also beside nodes whose rows are an output too, and have to be
 * computed where that is asked for.
 */
export function narrow(rewriter: Rewriter, last: Node, wanted: Wanted, mayComeOut = false): View | undefined {
  const nodes = nodesBefore(rewriter, last, wanted, mayComeOut);
  if (!nodes) return undefined;
  const fresh = new Map<Buffer, View>();
  for (const { output, sum } of nodes) {
    for (const view of [output, sum]) if (view) fresh.set(view.buffer, narrowed(view, wanted));
  }
  const to = (view: View) => fresh.get(view.buffer) ?? rowsOf(view, wanted);
  rewriter.replace(
    [],
    nodes.map((node) => {
      const rows = rowInputs(node) ?? [];
      const inputs = node.inputs.map((view, i) => {
        if (!view) return null;
        return rows.includes(i) ? (to(view) ?? view) : alongRows(view, node, wanted);
      });
      const output = to(node.output) ?? node.output;
      return node.sum ? { ...node, inputs, output, sum: to(node.sum) ?? node.sum } : { ...node, inputs, output };
    }),
  );
  return fresh.get(last.output.buffer);
}

/** `last` and those before it that nothing else waits for; undefined where it is no such node itself. */
function nodesBefore(rewriter: Rewriter, last: Node, wanted: Wanted, mayComeOut: boolean): readonly Node[] | undefined {
  if (!isRowWise(last, wanted)) return undefined;
  const nodes = new Set([last]);
  // Who reads it otherwise than row by row, a part of a row or one row for all, would find other rows there.
  const isWantedHere = ({ buffer }: View) =>
    (mayComeOut || !rewriter.isOutput(buffer)) &&
    rewriter.readers(buffer).every((reader) => nodes.has(reader)) &&
    rewriter.viewsOf(buffer).every(isWhole);
  for (let size = 0; size < nodes.size; ) {
    size = nodes.size;
    for (const node of [...nodes]) {
      for (const i of rowInputs(node) ?? []) {
        const before = rewriter.writer(node.inputs[i]);
        if (!before || !isRowWise(before, wanted)) continue;
        if ([before.output, before.sum].every((view) => !view || isWantedHere(view))) nodes.add(before);
      }
    }
  }
  return [...nodes];
}

/** Whether all that it reads and gives by rows has one for each token, in the same order. */
function isRowWise(node: Node, wanted: Wanted): boolean {
  const rows = rowInputs(node);
  if (!rows || !isWhole(node.output) || (node.sum && !isWhole(node.sum))) return false;
  return [node.output, ...rows.map((i) => node.inputs[i])].every((view) => view && rowsOf(view, wanted) !== undefined);
}

/** Inputs that have a row for each of the output; undefined where it is more than rows that decide. */
function rowInputs({ operation, inputs, output }: Node): readonly number[] | undefined {
  const { kind } = operation;
  if (kind === 'linear' || kind === 'unary') return [0];
  if (kind === 'norm') return inputs[3] ? [0, 3] : [0];
  if (kind !== 'binary' || !inputs.every((view) => view && isEqualList(view.dims, output.dims))) return undefined;
  return [0, 1].filter((i) => !isRepeated(inputs[i]));
}

/** The same in each row. */
function isRepeated(view: View | null | undefined): boolean {
  const { dims = [], strides = [] } = view ?? {};
  return dims.slice(0, -1).every((size, i) => isNumber(size, 1) || isNumber(strides[i] ?? ZERO, 0));
}

/** Of what is the same in each row as much as there are rows; weights are no rows at all. */
function alongRows(view: View, { operation }: Node, { batch, count }: Wanted): View {
  if (operation.kind !== 'binary') return view;
  return { ...view, dims: [batch, count, view.dims.at(-1) ?? ONE], strides: [ZERO, ZERO, view.strides.at(-1) ?? ZERO] };
}

/** [batch, count, columns] of a view with a row for each token; undefined where it is none. */
function rowsOf(view: View, { batch, tokens, start, count }: Wanted): View | undefined {
  const columns = view.dims.at(-1) ?? ONE;
  const rows = divideExactly(lengthOf(view), columns);
  if (!rows || !isEqual(rows, product([batch, tokens]))) return undefined;
  const all = reshape(view, [batch, tokens, columns]);
  return all && slice(all, 1, start, count);
}

function narrowed({ buffer, dims }: View, { batch, count }: Wanted): View {
  const own = [batch, count, dims.at(-1) ?? ONE];
  return whole({ type: buffer.type, length: product(own) }, own);
}
