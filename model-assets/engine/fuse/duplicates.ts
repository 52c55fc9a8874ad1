// Nodes that compute what another has computed: exporters that trace modules line by line write a mask anew for every layer, and the
// difference from a mean once for a norm's variance and once for the norm.

import type { Buffer, Graph, Node, View } from '../ir.ts';
import { isWhole } from './rewriter.ts';

export function withoutDuplicates(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map(({ view }) => view.buffer));
  const writers = new Map<Buffer, number>();
  for (const { output } of graph.nodes) writers.set(output.buffer, (writers.get(output.buffer) ?? 0) + 1);
  const keys = new Keys();
  const first = new Map<string, Buffer>();
  const same = new Map<Buffer, Buffer>();
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((view) => view && { ...view, buffer: same.get(view.buffer) ?? view.buffer });
    const fresh: Node = { ...node, inputs };
    // Only a buffer that is one node's alone can stand for another.
    const key =
      writers.get(node.output.buffer) === 1 && isWhole(node.output) && !node.sum ? keys.ofNode(fresh) : undefined;
    const known = key === undefined ? undefined : first.get(key);
    if (known && !outputs.has(node.output.buffer)) {
      same.set(node.output.buffer, known);
      continue;
    }
    if (key !== undefined && !known) first.set(key, node.output.buffer);
    nodes.push(fresh);
  }
  return { ...graph, nodes };
}

/** Constants of more elements are compared by where they are: two of one content are rare. */
const MOST_COMPARED = 16;

class Keys {
  readonly #buffers = new Map<Buffer, number>();

  ofNode({ operation, inputs, output }: Node): string {
    const dims = output.dims.map(({ key }) => key);
    return JSON.stringify([operation, inputs.map((view) => view && this.#ofView(view)), dims]);
  }

  #ofView({ buffer, offset, dims, strides }: View): unknown {
    return [this.#ofBuffer(buffer), offset.key, dims.map(({ key }) => key), strides.map(({ key }) => key)];
  }

  #ofBuffer(buffer: Buffer): unknown {
    if (buffer.sizes) return [buffer.type, buffer.sizes.map(({ key }) => key)];
    const { data } = buffer;
    if (data && data.length <= MOST_COMPARED) {
      // By their bits: JSON has no infinity, and only one 0.
      return [buffer.type, Array.from(new Int32Array(data.buffer, data.byteOffset, data.length))];
    }
    const known = this.#buffers.get(buffer) ?? this.#buffers.size;
    this.#buffers.set(buffer, known);
    return known;
  }
}
