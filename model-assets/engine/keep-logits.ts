// Scores over a vocabulary are wanted of few tokens: to go on with a text of the last, to fill a mask of the masked. A language model's head
// is a third to half of what a token costs, and its scores are most of what leaves the engine: so a run computes those rows of the logits
// that it is asked for (`kept` of `first kept` on), and all of them where it is not. What stands before the head does as far as no token is
// mixed with others: in most architectures to the last attention.

import { isEqual, minimum, ONE, subtract, symbol, toNumber } from './dim.ts';
import { Rewriter } from './fuse/rewriter.ts';
import type { Graph, GraphOutput } from './ir.ts';
import { narrow } from './row-wise.ts';
import { FIRST_KEPT, KEPT } from './size-table.ts';

/** The graph with a head that computes what is kept, where it has a head wider than what it reads; otherwise as it is. */
export function keepLogits(graph: Graph): Graph {
  const rewriter = new Rewriter(graph);
  const outputs = graph.outputs.map((output) => kept(rewriter, output) ?? output);
  return rewriter.finish(outputs);
}

/** [batch, tokens, vocabulary] that a linear layer over tokens gives, and nothing else reads. */
function kept(rewriter: Rewriter, output: GraphOutput): GraphOutput | undefined {
  const { name, view } = output;
  const head = name === 'logits' ? rewriter.writerOf('linear', view) : undefined;
  const [x] = head?.inputs ?? [];
  if (!head || !x || view.dims.length !== 3) return undefined;
  const isAlone = rewriter.graph.outputs.filter((each) => each.view.buffer === view.buffer).length === 1;
  if (!isAlone || rewriter.readers(view.buffer).length > 0) return undefined;
  const [batch = ONE, tokens = ONE, columns = ONE] = view.dims;
  const depth = x.dims.at(-1) ?? ONE;
  if ((toNumber(columns) ?? 0) <= (toNumber(depth) ?? Number.POSITIVE_INFINITY)) return undefined;
  if (!isEqual(head.output.dims.at(-1) ?? ONE, columns)) return undefined;
  const count = minimum(tokens, symbol(KEPT));
  const start = minimum(symbol(FIRST_KEPT), subtract(tokens, count));
  const logits = narrow(rewriter, head, { batch, tokens, start, count });
  return logits && { ...output, view: logits };
}
