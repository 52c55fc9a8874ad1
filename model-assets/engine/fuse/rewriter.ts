// A graph whose nodes are replaced by others: who writes a buffer, who reads it, and what of it is left at the end.

import { isEqual } from '../dim.ts';
import {
  type Buffer,
  type Graph,
  isContiguous,
  isEqualView,
  type Kind,
  lengthOf,
  type Node,
  type View,
} from '../ir.ts';

export type NodeOf<K extends Kind> = Node & { readonly operation: Extract<Node['operation'], { kind: K }> };

export class Rewriter {
  readonly graph: Graph;
  #nodes: Set<Node>;
  #writers = new Map<Buffer, Node[]>();
  #readers = new Map<Buffer, Node[]>();
  readonly #outputs: ReadonlySet<Buffer>;

  constructor(graph: Graph) {
    this.graph = graph;
    this.#nodes = new Set();
    this.#outputs = new Set(graph.outputs.map(({ view }) => view.buffer));
    for (const node of graph.nodes) this.#add(node);
  }

  /** Those that there are now; a pass may replace them as it goes. */
  nodes<K extends Kind>(kind: K): NodeOf<K>[] {
    return [...this.#nodes].filter((node): node is NodeOf<K> => node.operation.kind === kind);
  }

  has(node: Node): boolean {
    return this.#nodes.has(node);
  }

  /** The only node that writes the buffer of a view which is the whole of it; undefined where several do, or none. */
  writer(view: View | null | undefined): Node | undefined {
    return view && isWhole(view) ? this.onlyWriter(view.buffer) : undefined;
  }

  /** The only node that writes a buffer; undefined where several do, or none. */
  onlyWriter(buffer: Buffer): Node | undefined {
    const [node, other] = this.#writers.get(buffer) ?? [];
    return other ? undefined : node;
  }

  writerOf<K extends Kind>(kind: K, view: View | null | undefined): NodeOf<K> | undefined {
    const node = this.writer(view);
    return node?.operation.kind === kind ? (node as NodeOf<K>) : undefined;
  }

  readers(buffer: Buffer): readonly Node[] {
    return this.#readers.get(buffer) ?? [];
  }

  isOutput(buffer: Buffer): boolean {
    return this.#outputs.has(buffer);
  }

  /** Whether one node reads the buffer, once, and it is no output. */
  isReadOnce(buffer: Buffer): boolean {
    return !this.isOutput(buffer) && this.readers(buffer).length === 1;
  }

  replace(old: readonly Node[], fresh: readonly Node[]): void {
    for (const node of old) this.#remove(node);
    for (const node of fresh) this.#add(node);
  }

  /** Every view of a buffer, as `change` makes it. Outputs are not changed. */
  mapViews(buffer: Buffer, change: (view: View) => View): void {
    const to = (view: View) => (view.buffer === buffer ? change(view) : view);
    const touched = new Set([...(this.#writers.get(buffer) ?? []), ...this.readers(buffer)]);
    for (const node of touched) {
      const fresh: Node = { ...node, inputs: node.inputs.map((view) => view && to(view)), output: to(node.output) };
      this.replace([node], [node.sum ? { ...fresh, sum: to(node.sum) } : fresh]);
    }
  }

  viewsOf(buffer: Buffer): readonly View[] {
    const nodes = new Set([...(this.#writers.get(buffer) ?? []), ...this.readers(buffer)]);
    return [...nodes].flatMap(({ inputs, output, sum }) =>
      [...inputs, output, sum].filter((view): view is View => view?.buffer === buffer),
    );
  }

  /** What the outputs need, each node behind those whose buffers it reads. `outputs`: where views of them were changed. */
  finish(outputs = this.graph.outputs): Graph {
    const done = new Set<Node>();
    const order: Node[] = [];
    // An explicit stack: graphs are deeper than calls may be.
    const stack: (Node | { readonly leave: Node })[] = [];
    const push = (buffer: Buffer) => stack.push(...(this.#writers.get(buffer) ?? []).toReversed());
    for (const { view } of outputs.toReversed()) push(view.buffer);
    for (let top = stack.pop(); top; top = stack.pop()) {
      if ('leave' in top) {
        order.push(top.leave);
        continue;
      }
      if (done.has(top)) continue;
      done.add(top);
      stack.push({ leave: top });
      for (const view of top.inputs.toReversed()) if (view) push(view.buffer);
    }
    return { ...this.graph, nodes: order, outputs };
  }

  #add(node: Node): void {
    this.#nodes.add(node);
    for (const view of [node.output, node.sum]) if (view) listIn(this.#writers, view.buffer).push(node);
    for (const view of node.inputs) if (view) listIn(this.#readers, view.buffer).push(node);
  }

  #remove(node: Node): void {
    this.#nodes.delete(node);
    for (const view of [node.output, node.sum]) if (view) drop(this.#writers, view.buffer, node);
    for (const view of node.inputs) if (view) drop(this.#readers, view.buffer, node);
  }
}

/** Whether a view is its buffer's elements, all of them in their order. */
export function isWhole(view: View): boolean {
  return isContiguous(view) && view.offset.terms.length === 0 && isEqual(lengthOf(view), view.buffer.length);
}

/** Whether two views give the same elements in the same order. */
export function isSame(a: View | null | undefined, b: View | null | undefined): boolean {
  if (!a || !b || a.buffer !== b.buffer) return false;
  return isEqualView(a, b) || (isWhole(a) && isWhole(b));
}

function listIn(map: Map<Buffer, Node[]>, buffer: Buffer): Node[] {
  const list = map.get(buffer) ?? [];
  map.set(buffer, list);
  return list;
}

function drop(map: Map<Buffer, Node[]>, buffer: Buffer, node: Node): void {
  const list = listIn(map, buffer);
  const at = list.indexOf(node);
  if (at >= 0) list.splice(at, 1);
}
