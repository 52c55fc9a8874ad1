// What is to be in 4 bits: weights of linear layers, where most of a model's bytes are, and tables of words. Both are rounded from what the
// graph has, floats or bytes, by the least of squares alone (pack-int4.ts, int4-table.ts).

import { toNumber } from './dim.ts';
import { isWhole, type NodeOf, Rewriter } from './fuse/rewriter.ts';
import { weightsOf } from './fuse/siblings.ts';
import { int4Table } from './int4-table.ts';
import { type Graph, isEqualList, type View } from './ir.ts';

/** Elements of a layer. Those of a head are fewer, up to 85 labels of 768 units, and an error in them is one of the answer. */
const LEAST_LAYER = 2 ** 16;
/** Rows and elements of a table of words. One of positions has fewer rows, and is no large part of a model. */
const LEAST_ROWS = 2 ** 13;
const LEAST_TABLE = 2 ** 20;

/** The graph with its large weights in 4 bits; as it is where no layer is large, whatever its tables are. It yields between rows of tables. */
export function* toInt4(graph: Graph): Generator<void, Graph> {
  const rewriter = new Rewriter(graph);
  const layers = rewriter.nodes('linear').filter((node) => sizeOf(node) >= LEAST_LAYER);
  if (layers.length === 0) return graph;
  for (const node of layers) rewriter.replace([node], [{ ...node, operation: { ...node.operation, isInt4: true } }]);
  const known: { readonly given: View; readonly table: View }[] = [];
  for (const node of rewriter.nodes('gather')) {
    const [given, ...others] = node.inputs;
    if (!given || node.operation.axis !== 0 || !isWords(given)) continue;
    const before = known.find((each) => each.given.buffer === given.buffer && isEqualList(each.given.dims, given.dims));
    const table = before?.table ?? { ...given, buffer: yield* int4Table(given) };
    if (!before) known.push({ given, table });
    rewriter.replace([node], [{ ...node, inputs: [table, ...others] }]);
  }
  return rewriter.finish();
}

function sizeOf(node: NodeOf<'linear'>): number {
  return weightsOf(node).reduce((sum, { weight }) => sum + elementsOf(weight), 0);
}

function elementsOf({ dims }: View): number {
  return dims.reduce((product, size) => product * (toNumber(size) ?? 0), 1);
}

/** Rows of words, in floats or in bytes. */
function isWords(view: View): boolean {
  const { data, quantized } = view.buffer;
  const isKnown = data instanceof Float32Array || quantized !== undefined;
  const [rows = 0] = view.dims.map(toNumber);
  return isKnown && view.dims.length === 2 && isWhole(view) && rows >= LEAST_ROWS && elementsOf(view) >= LEAST_TABLE;
}
