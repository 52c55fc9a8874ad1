// Activations that exporters write out, by what they are:
//
//   GELU (Hendrycks & Gimpel 2016)   x/2 · (1 + erf(x/√2)), and with tanh: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))
//   SiLU                             x · sigmoid(x)

import { ADD, ERF, GELU_ERF, GELU_TANH, SIGMOID, SILU, TANH } from '../../../shared/runtime/engine/command-format.ts';
import type { Node, View } from '../ir.ts';
import { factor, factorsOf, isNear, plusNumber } from './factors.ts';
import { isSame, type Rewriter } from './rewriter.ts';

export function fuseActivations(rewriter: Rewriter): void {
  for (const node of rewriter.nodes('binary')) {
    if (!rewriter.has(node)) continue;
    const found = geluOf(rewriter, node) ?? siluOf(rewriter, node);
    if (!found) continue;
    const fresh: Node = {
      operation: { kind: 'unary', operation: found.operation },
      inputs: [found.x],
      output: node.output,
      from: fromOf(found.nodes),
    };
    // Nodes between are read by nobody else but this pattern, and go when nothing needs them.
    rewriter.replace([node], [fresh]);
  }
}

interface Found {
  readonly operation: number;
  readonly x: View;
  readonly nodes: readonly Node[];
}

const fromOf = (nodes: readonly Node[]) => [...new Set(nodes.flatMap(({ from }) => from))];

function geluOf(rewriter: Rewriter, node: Node): Found | undefined {
  const product = factorsOf(rewriter, node);
  if (!product || product.under.length > 0 || product.over.length !== 2 || !isNear(product.scale, 0.5))
    return undefined;
  for (const [x, other] of [product.over, product.over.toReversed()]) {
    const sum = plusNumber(rewriter, other);
    const inner = sum && sum.number === 1 ? rewriter.writerOf('unary', sum.view) : undefined;
    const [argument] = inner?.inputs ?? [];
    if (!x || !sum || !inner || !argument) continue;
    const nodes = [...product.nodes, sum.node, inner];
    if (inner.operation.operation === ERF && isScaled(rewriter, argument, Math.SQRT1_2, [x]))
      return { operation: GELU_ERF, x, nodes };
    if (inner.operation.operation === TANH && isTanhArgument(rewriter, argument, x))
      return { operation: GELU_TANH, x, nodes };
  }
  return undefined;
}

function siluOf(rewriter: Rewriter, node: Node): Found | undefined {
  const product = factorsOf(rewriter, node);
  if (!product || product.under.length > 0 || product.over.length !== 2 || product.scale !== 1) return undefined;
  for (const [x, other] of [product.over, product.over.toReversed()]) {
    const inner = rewriter.writerOf('unary', other);
    if (x && inner?.operation.operation === SIGMOID && isSame(inner.inputs[0], x)) {
      return { operation: SILU, x, nodes: [...product.nodes, inner] };
    }
  }
  return undefined;
}

/** √(2/π) · (x + 0.044715 x³), or √(2/π) · x · (1 + 0.044715 x²). */
function isTanhArgument(rewriter: Rewriter, view: View, x: View): boolean {
  const { scale, over, under } = factor(rewriter, view);
  if (!isNear(scale, Math.sqrt(2 / Math.PI)) || under.length > 0) return false;
  const [first, second] = over;
  if (over.length === 1) {
    const sum = rewriter.writerOf('binary', first);
    if (sum?.operation.operation !== ADD) return false;
    const [a, b] = sum.inputs;
    return [
      [a, b],
      [b, a],
    ].some(([one, cube]) => isSame(one, x) && cube && isScaled(rewriter, cube, 0.044715, [x, x, x]));
  }
  if (over.length !== 2) return false;
  return [
    [first, second],
    [second, first],
  ].some(([one, other]) => {
    const sum = plusNumber(rewriter, other);
    return isSame(one, x) && sum?.number === 1 && isScaled(rewriter, sum.view, 0.044715, [x, x]);
  });
}

/** Whether a view is a number times these. */
function isScaled(rewriter: Rewriter, view: View, scale: number, views: readonly View[]): boolean {
  const found = factor(rewriter, view);
  return (
    isNear(found.scale, scale) &&
    found.under.length === 0 &&
    found.over.length === views.length &&
    found.over.every((each, i) => isSame(each, views[i]))
  );
}
