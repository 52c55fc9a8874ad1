// Keys and values that grow by the tokens of a run: an output that is an input with more behind it. They get room for further tokens, so
// that most runs write what is new behind what is there and copy nothing.

import { add, divideExactly, isEqual, multiply, symbol, ZERO } from './dim.ts';
import { isWhole, Rewriter } from './fuse/rewriter.ts';
import { type Buffer, type Graph, isContiguous, type Node, type View } from './ir.ts';
import { CAPACITY, PAST_CAPACITY } from './size-table.ts';

/** [batch, heads, tokens, size] */
const TOKENS = 2;

export interface Cached {
  readonly graph: Graph;
  /** The input that each cache goes on from. */
  readonly pasts: ReadonlyMap<Buffer, string>;
}

export function giveRoom(graph: Graph): Cached {
  const rewriter = new Rewriter(graph);
  const pasts = new Map<Buffer, string>();
  const outputs = graph.outputs.map((output) => {
    const past = pastOf(graph, output.view);
    if (!past) return output;
    const own = widened(output.view, CAPACITY);
    const before = widened(past.view, PAST_CAPACITY);
    if (!own || !before) return output;
    pasts.set(own.view.buffer, past.name);
    rewriter.mapViews(output.view.buffer, own.to);
    rewriter.mapViews(past.view.buffer, before.to);
    return { ...output, view: own.view };
  });
  return { graph: { ...rewriter.finish(), outputs }, pasts };
}

/** The input that the first tokens of an output are copied from, all of them, where two copies make it. */
function pastOf(graph: Graph, output: View): { name: string; view: View } | undefined {
  if (!isWhole(output) || output.dims.length !== 4) return undefined;
  const writers = graph.nodes.filter((node) => node.output.buffer === output.buffer);
  const [first, second] = writers.toSorted((a, b) => Number(startsAtZero(b)) - Number(startsAtZero(a)));
  const [past] = first?.inputs ?? [];
  if (writers.length !== 2 || !first || !second || !past || first.operation.kind !== 'copy') return undefined;
  const [held, whole] = [past.dims[TOKENS] ?? ZERO, output.dims[TOKENS] ?? ZERO];
  const fresh = second.output.dims[TOKENS] ?? ZERO;
  const name = past.buffer.input;
  const isPrefix = startsAtZero(first) && isWhole(past) && isEqual(add(held, fresh), whole);
  return name !== undefined && isPrefix && past.dims.length === 4 ? { name, view: past } : undefined;
}

const startsAtZero = (node: Node) => node.output.offset.terms.length === 0;

/** A buffer with room for `capacity` tokens, and how views of the old one become views of it; undefined where they cannot. */
function widened(view: View, capacity: string): { view: View; to(view: View): View } | undefined {
  const [, , tokens = ZERO, size = ZERO] = view.dims;
  if (!isContiguous(view)) return undefined;
  const inner = multiply(tokens, size);
  const room = multiply(symbol(capacity), size);
  const length = divideExactly(view.buffer.length, inner);
  if (!length) return undefined;
  const buffer: Buffer = { ...view.buffer, length: multiply(length, room) };
  const to = (each: View): View => ({
    ...each,
    buffer,
    strides: each.strides.map((stride) => {
      const heads = divideExactly(stride, inner);
      return heads ? multiply(heads, room) : stride;
    }),
  });
  return { view: to(view), to };
}
