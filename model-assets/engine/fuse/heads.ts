// Products of three dimensions, [batch × heads, tokens, size], become those of four: before 2024 exporters wrote attention so (BART and its
// kin), with a copy of queries, keys and values for each, as no strides say both at once. Of four, the copies are not needed.

import { type Dim, isEqual, multiply, ONE } from '../dim.ts';
import type { Node, View } from '../ir.ts';
import { reshape, transpose } from '../views.ts';
import { isWhole, type Rewriter } from './rewriter.ts';

export function splitHeads(rewriter: Rewriter): void {
  // In order: what a product has learned goes on to its softmax, and from there to the product with the values.
  for (const node of rewriter.graph.nodes) {
    const { kind } = node.operation;
    if (node.output.dims.length !== 3 || !isWhole(node.output)) continue;
    if (kind !== 'matmul' && kind !== 'softmax' && kind !== 'binary' && kind !== 'select') continue;
    const outer = node.inputs.map((view) => outerOf(rewriter, view)).find((found) => found !== undefined);
    const fresh = outer && toFour(rewriter, node, outer);
    if (fresh) rewriter.replace([node], [fresh]);
  }
}

type Outer = readonly [batch: Dim, heads: Dim];

/** Batch and heads, where whoever wrote the matrices knew them apart. */
function outerOf(rewriter: Rewriter, view: View | null): Outer | undefined {
  const { batch, heads, whole } = writtenAs(rewriter, view) ?? {};
  return whole && batch && heads ? [batch, heads] : undefined;
}

function writtenAs(rewriter: Rewriter, view: View | null) {
  if (view?.dims.length !== 3) return undefined;
  // Keys are seen with their last dimensions the other way round.
  for (const whole of [view, transpose(view, [0, 2, 1])]) {
    const writer = rewriter.writer(whole);
    const [batch, heads, rows, columns] = writer?.output.dims ?? [];
    if (!writer || !batch || !heads || !rows || !columns || !isWhole(writer.output)) continue;
    if (writer.output.dims.length !== 4) continue;
    const [matrices = ONE, ...inner] = whole.dims;
    const isAlike = [rows, columns].every((size, i) => isEqual(size, inner[i] ?? ONE));
    if (isAlike && isEqual(multiply(batch, heads), matrices)) return { batch, heads, writer, whole };
  }
  return undefined;
}

function toFour(rewriter: Rewriter, node: Node, outer: Outer): Node | undefined {
  const inputs = node.inputs.map((view) => view && inFour(rewriter, view, outer));
  const output = reshape(node.output, [...outer, ...node.output.dims.slice(1)]);
  if (!output || inputs.some((view) => view === undefined)) return undefined;
  return { ...node, inputs: inputs.map((view) => view ?? null), output };
}

function inFour(rewriter: Rewriter, view: View, outer: Outer): View | undefined {
  const written = writtenAs(rewriter, view);
  const [source] = written?.writer.operation.kind === 'copy' ? written.writer.inputs : [];
  if (!written || !source) return reshape(view, [...outer, ...view.dims.slice(1)]);
  return written.whole === view ? source : transpose(source, [0, 1, 3, 2]);
}
