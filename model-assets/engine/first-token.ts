// Classifiers of BERT's kind read the first token of a text and no other: of its last layer, back to the attention, one row is enough.

import { constant, isEqual, isNumber, multiply, ONE, ZERO } from './dim.ts';
import { isWhole, Rewriter } from './fuse/rewriter.ts';
import type { Graph, Node, View } from './ir.ts';
import { narrow } from './row-wise.ts';
import { reshape } from './views.ts';

/** The graph with a row of its own for those who read a first token. All rows stay for an output that has them, and are computed for it alone. */
export function narrowFirstTokens(graph: Graph): Graph {
  const rewriter = new Rewriter(graph);
  for (const node of graph.nodes) {
    const readers = [...rewriter.readers(node.output.buffer)];
    if (readers.length > 0 && readers.every((reader) => readsFirst(reader, node.output)))
      readFirst(rewriter, node, readers);
  }
  return rewriter.finish();
}

function readFirst(rewriter: Rewriter, node: Node, readers: readonly Node[]): void {
  const [batch = ONE, tokens = ONE] = node.output.dims;
  const first = narrow(rewriter, node, { batch, tokens, start: ZERO, count: constant(1) }, true);
  if (!first) return;
  const to = (view: View) => (view.buffer === node.output.buffer ? reshape(first, view.dims) : view);
  for (const reader of readers) {
    const inputs = reader.inputs.map((view) => view && (to(view) ?? view));
    rewriter.replace([reader], [{ ...reader, inputs }]);
  }
}

/** Whether all that a node reads of `whole`, [batch, tokens, columns], is [batch, columns] of the first token of each text. */
function readsFirst({ inputs }: Node, whole: View): boolean {
  const [batch = ONE, tokens = ONE, columns = ONE] = whole.dims;
  if (whole.dims.length !== 3 || isNumber(tokens, 1) || !isWhole(whole)) return false;
  return inputs.every((view) => {
    if (view?.buffer !== whole.buffer) return true;
    const [rows = ONE, width = ONE] = view.dims;
    const [apart = ZERO, next = ZERO] = view.strides;
    if (view.dims.length !== 2 || !isEqual(rows, batch) || !isEqual(width, columns)) return false;
    return isNumber(view.offset, 0) && isEqual(apart, multiply(tokens, columns)) && isNumber(next, 1);
  });
}
