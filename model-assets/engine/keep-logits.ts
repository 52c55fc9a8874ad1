// Scores over a vocabulary are wanted of few tokens: to go on with a text of the last, to fill a mask of the masked. A language model's head
// is a third to half of what a token costs, and its scores are most of what leaves the engine: so a run computes those rows of the logits
// that it is asked for (`kept` of `first kept` on), and all of them where it is not.

import { isEqual, minimum, ONE, product, subtract, symbol, toNumber } from './dim.ts';
import { isWhole, Rewriter } from './fuse/rewriter.ts';
import { type Graph, type GraphOutput, whole } from './ir.ts';
import { FIRST_KEPT, KEPT } from './size-table.ts';
import { slice } from './views.ts';

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
  if (!head || !x || view.dims.length !== 3 || x.dims.length !== 3) return undefined;
  const isAlone = rewriter.graph.outputs.filter((each) => each.view.buffer === view.buffer).length === 1;
  if (!isAlone || rewriter.readers(view.buffer).length > 0 || !isWhole(head.output)) return undefined;
  const [batch = ONE, tokens = ONE, columns = ONE] = view.dims;
  const [, own = ONE, depth = ONE] = x.dims;
  if (!isEqual(tokens, own) || (toNumber(columns) ?? 0) <= (toNumber(depth) ?? Number.POSITIVE_INFINITY))
    return undefined;
  const count = minimum(tokens, symbol(KEPT));
  const start = minimum(symbol(FIRST_KEPT), subtract(tokens, count));
  const dims = [batch, count, columns];
  const logits = whole({ type: view.buffer.type, length: product(dims) }, dims);
  const rows = slice(x, 1, start, count);
  rewriter.replace([head], [{ ...head, inputs: [rows, ...head.inputs.slice(1)], output: logits }]);
  return { ...output, view: logits };
}
