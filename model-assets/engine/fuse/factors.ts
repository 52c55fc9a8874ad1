// Products taken apart: exporters write the same one in many orders, so patterns are looked for among factors.

import { ADD, DIV, MUL, POW, RECIPROCAL } from '../../../shared/runtime/engine/command-format.ts';
import { isNumber, ONE } from '../dim.ts';
import { isEqualView, knownElements, type Node, type View } from '../ir.ts';
import { isWhole, type Rewriter } from './rewriter.ts';

export interface Factors {
  /** Numbers among them. */
  readonly scale: number;
  readonly over: readonly View[];
  readonly under: readonly View[];
  /** The nodes whose results nobody else reads. */
  readonly nodes: readonly Node[];
}

/** Deeper than this no pattern goes. */
const DEEPEST = 6;

/** Of what `node` computes, a product or a quotient. */
export function factorsOf(rewriter: Rewriter, node: Node, depth = DEEPEST): Factors | undefined {
  const { operation, inputs } = node;
  const [a, b] = inputs;
  if (operation.kind === 'unary' && operation.operation === RECIPROCAL && a) {
    return join(node, 1, [], [factor(rewriter, a, depth)]);
  }
  if (operation.kind !== 'binary' || !a || !b) return undefined;
  if (operation.operation === MUL) return join(node, 1, [factor(rewriter, a, depth), factor(rewriter, b, depth)], []);
  if (operation.operation === DIV) return join(node, 1, [factor(rewriter, a, depth)], [factor(rewriter, b, depth)]);
  const exponent = operation.operation === POW ? numberOf(b) : undefined;
  if (exponent === 2 || exponent === 3)
    return { scale: 1, over: Array.from({ length: exponent }, () => a), under: [], nodes: [node] };
  return undefined;
}

/** `view` as factors: the number that it is, what its writer computes, or itself. */
export function factor(rewriter: Rewriter, view: View, depth = DEEPEST): Factors {
  const number = numberOf(view);
  if (number !== undefined) return { scale: number, over: [], under: [], nodes: [] };
  const core = unrepeated(view);
  const writer = depth > 0 ? rewriter.writer(core) : undefined;
  // Where it is repeated along dimensions that the writer has not, factors of what was written would be along others.
  if (writer && !isWhole(view) && !isEqualView(core, writer.output))
    return { scale: 1, over: [view], under: [], nodes: [] };
  const inner = writer && rewriter.isReadOnce(view.buffer) ? factorsOf(rewriter, writer, depth - 1) : undefined;
  return inner ?? { scale: 1, over: [view], under: [], nodes: [] };
}

/** A view that repeats others along some dimensions, without those. */
export function unrepeated(view: View): View {
  return { ...view, dims: view.dims.map((size, i) => (isNumber(view.strides[i] ?? ONE, 0) ? ONE : size)) };
}

function join(node: Node, scale: number, over: readonly Factors[], under: readonly Factors[]): Factors {
  return {
    scale: [...over.map((each) => each.scale), ...under.map((each) => 1 / each.scale)].reduce((x, y) => x * y, scale),
    over: [...over.flatMap((each) => each.over), ...under.flatMap((each) => each.under)],
    under: [...over.flatMap((each) => each.under), ...under.flatMap((each) => each.over)],
    nodes: [node, ...[...over, ...under].flatMap(({ nodes }) => nodes)],
  };
}

/** The one number that a view repeats. */
export function numberOf(view: View): number | undefined {
  const { data } = view.buffer;
  const isOne = view.strides.every((stride, i) => isNumber(stride, 0) || isNumber(view.dims[i] ?? ONE, 1));
  if (!isOne || !(data instanceof Float32Array)) return undefined;
  return knownElements({ ...view, dims: [], strides: [] })?.[0];
}

/** The terms of a sum of two that nobody else reads, the second one a number. */
export function plusNumber(
  rewriter: Rewriter,
  view: View | undefined,
): { view: View; number: number; node: Node } | undefined {
  const node = rewriter.writerOf('binary', view);
  if (!node || node.operation.operation !== ADD) return undefined;
  const [a, b] = node.inputs;
  if (!a || !b) return undefined;
  const [x, y] = [numberOf(a), numberOf(b)];
  if (y !== undefined) return { view: a, number: y, node };
  return x === undefined ? undefined : { view: b, number: x, node };
}

export const isNear = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * Math.abs(b);
