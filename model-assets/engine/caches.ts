// Keys and values that grow by the tokens of a run: an output that is an input with more behind it. They get room for further tokens, so
// that most runs write what is new behind what is there and copy nothing.

import {
  add,
  type Dim,
  divideExactly,
  isAtLeast,
  isEqual,
  isNumber,
  multiply,
  ONE,
  quotients,
  subtract,
  symbol,
  ZERO,
} from './dim.ts';
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
    const isOnly = (buffer: Buffer, count: number) =>
      graph.outputs.filter(({ view }) => view.buffer === buffer).length === count;
    // What comes out in another form too, or goes on in two ways, stays as it is.
    if (!past || !isOnly(output.view.buffer, 1) || !isOnly(past.view.buffer, 0)) return output;
    if ([...pasts.values()].includes(past.name)) return output;
    const own = widened(rewriter, output.view, CAPACITY);
    const before = widened(rewriter, past.view, PAST_CAPACITY);
    if (!own || !before) return output;
    pasts.set(own.view.buffer, past.name);
    rewriter.mapViews(output.view.buffer, own.to);
    rewriter.mapViews(past.view.buffer, before.to);
    return { ...output, view: own.view };
  });
  return { graph: rewriter.finish(outputs), pasts };
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

/** A buffer with room for `capacity` tokens, and what views of the old one become. Undefined where one of them cannot be said of it. */
function widened(rewriter: Rewriter, view: View, capacity: string): { view: View; to(view: View): View } | undefined {
  const [, , tokens = ZERO, size = ZERO] = view.dims;
  if (!isContiguous(view)) return undefined;
  const inner = multiply(tokens, size);
  const room = multiply(symbol(capacity), size);
  const length = divideExactly(view.buffer.length, inner);
  if (!length) return undefined;
  const buffer: Buffer = { ...view.buffer, length: multiply(length, room) };
  const changed = new Map(
    [view, ...rewriter.viewsOf(view.buffer)].map((each) => [each, inRoom(each, buffer, inner, room)]),
  );
  const own = changed.get(view);
  if (!own || [...changed.values()].includes(undefined)) return undefined;
  return { view: own, to: (each) => changed.get(each) ?? each };
}

/** A view of heads that lie `inner` apart as one of heads that lie `room` apart. Undefined where it goes on from one head to the next. */
function inRoom(view: View, buffer: Buffer, inner: Dim, room: Dim): View | undefined {
  const heads = view.strides.map((stride) => divideExactly(stride, inner));
  // Axes along which a head is walked, and how far.
  const walked = view.dims.flatMap((size, i) => {
    const stride = view.strides[i] ?? ZERO;
    return heads[i] || isNumber(size, 1) ? [] : [{ stride, far: multiply(subtract(size, ONE), stride) }];
  });
  const back = walked.filter(({ stride }) => !isAtLeast(stride, ZERO));
  if (!back.every(({ stride }) => isAtLeast(ZERO, stride))) return undefined;
  for (const skipped of [ZERO, ...quotients(view.offset, inner)]) {
    const rest = subtract(view.offset, multiply(skipped, inner));
    const least = back.map(({ far }) => far).reduce(add, rest);
    const most = walked.flatMap((way) => (back.includes(way) ? [] : way.far)).reduce(add, rest);
    if (!isAtLeast(least, ZERO) || !isAtLeast(subtract(inner, ONE), most)) continue;
    return {
      ...view,
      buffer,
      offset: add(multiply(skipped, room), rest),
      strides: view.strides.map((stride, i) => (heads[i] ? multiply(heads[i], room) : stride)),
    };
  }
  return undefined;
}
