// What is to be in 4 bits: weights of linear layers, where most of a model's bytes are, and the tables of its words. Both are rounded to 4 bits
// from what the graph has, floats or bytes, by their least squares alone (pack-halves.ts, halve-table.ts).

import { toNumber } from './dim.ts';
import { isWhole, type NodeOf, Rewriter } from './fuse/rewriter.ts';
import { weightsOf } from './fuse/siblings.ts';
import { halveTable } from './halve-table.ts';
import type { Buffer, Graph, View } from './ir.ts';

/** Elements of a layer. Those of a head with some labels are few, and an error in them is one of the answer. */
const LEAST_LAYER = 2 ** 14;
/** Of a table: those of words. One of positions or of distances is no part of a model's size. */
const LEAST_TABLE = 2 ** 20;

/** The graph with its large weights in 4 bits. */
export function halved(graph: Graph): Graph {
  const rewriter = new Rewriter(graph);
  for (const node of rewriter.nodes('linear')) {
    if (sizeOf(node) >= LEAST_LAYER)
      rewriter.replace([node], [{ ...node, operation: { ...node.operation, isInt4: true } }]);
  }
  const tables = new Map<Buffer, Buffer>();
  for (const node of rewriter.nodes('gather')) {
    const [table, ...others] = node.inputs;
    if (!table || node.operation.axis !== 0 || !isTable(table)) continue;
    const known = tables.get(table.buffer) ?? halveTable(table);
    tables.set(table.buffer, known);
    rewriter.replace([node], [{ ...node, inputs: [{ ...table, buffer: known }, ...others] }]);
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
function isTable(view: View): boolean {
  const { data, quantized } = view.buffer;
  const isKnown = data instanceof Float32Array || quantized !== undefined;
  return isKnown && view.dims.length === 2 && isWhole(view) && elementsOf(view) >= LEAST_TABLE;
}
