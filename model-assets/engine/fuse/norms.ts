// Norms that exporters write out, and the sum that stands before a norm.
//
//   layer norm (Ba et al. 2016)          (x - mean) / √(mean of (x - mean)² + ε) · scale + shift
//   RMS norm (Zhang & Sennrich 2019)     x / √(mean of x² + ε) · scale

import { ADD, MEAN, MUL, SQRT, SUB } from '../../../shared/runtime/engine/command-format.ts';
import { isEqual, ONE } from '../dim.ts';
import type { Node, View } from '../ir.ts';
import { factorsOf, plusNumber, unrepeated } from './factors.ts';
import { isVector } from './linear.ts';
import { isSame, isWhole, type Rewriter } from './rewriter.ts';

export function fuseNorms(rewriter: Rewriter): void {
  for (const node of rewriter.nodes('binary')) {
    const found = rewriter.has(node) ? normOf(rewriter, node) : undefined;
    if (found) rewriter.replace([node], [found]);
  }
  // With the inner product a norm without its scale has been found, the outer one has it.
  for (const node of rewriter.nodes('binary')) takeVector(rewriter, node);
}

function normOf(rewriter: Rewriter, node: Node): Node | undefined {
  const product = factorsOf(rewriter, node);
  const [root] = product?.under ?? [];
  if (product?.scale !== 1 || product.under.length !== 1 || !root) return undefined;
  const scale = product.over.find((view) => isVector(view, node.output));
  const [x, ...more] = product.over.filter((view) => view !== scale);
  if (!x || more.length > 0) return undefined;
  const deviation = isByRow(root, x) ? deviationOf(rewriter, root) : undefined;
  if (!deviation || !isSame(deviation.of, x) || !hasColumns(x, node.output)) return undefined;
  const centred = centredOf(rewriter, x);
  const inputs = [centred ?? x, scale ? toVector(scale) : null, null, null];
  return {
    operation: { kind: 'norm', epsilon: deviation.epsilon, isRms: centred === undefined },
    inputs,
    output: node.output,
    from: [...new Set([...deviation.nodes, ...product.nodes].flatMap(({ from }) => from))],
  };
}

/** √(mean over the last axis of the square + ε). */
function deviationOf(rewriter: Rewriter, view: View): { of: View; epsilon: number; nodes: Node[] } | undefined {
  const root = rewriter.writerOf('unary', unrepeated(view));
  const sum = root?.operation.operation === SQRT ? plusNumber(rewriter, root.inputs[0] ?? undefined) : undefined;
  const mean = rewriter.writerOf('reduce', sum?.view);
  const square = isMean(mean) ? rewriter.writerOf('binary', mean?.inputs[0]) : undefined;
  const [a, b] = square?.operation.operation === MUL ? square.inputs : [];
  if (!root || !sum || !mean || !square || !a || !isSame(a, b)) return undefined;
  return { of: a, epsilon: sum.number, nodes: [square, mean, sum.node, root] };
}

/** x, where `view` is x less its mean over the last axis. */
function centredOf(rewriter: Rewriter, view: View): View | undefined {
  const difference = rewriter.writerOf('binary', view);
  const [x, subtracted] = difference?.operation.operation === SUB ? difference.inputs : [];
  const mean = subtracted ? rewriter.writerOf('reduce', unrepeated(subtracted)) : undefined;
  return x && subtracted && isMean(mean) && isSame(mean?.inputs[0], x) && isByRow(subtracted, x) ? x : undefined;
}

/** Whether a view is one number for each row of x, and no row of numbers: for both a mean may be repeated. */
function isByRow(view: View, x: View): boolean {
  const last = x.dims.length - 1;
  const core = unrepeated(view).dims;
  return core.length === x.dims.length && core.every((size, i) => isEqual(size, i === last ? ONE : (x.dims[i] ?? ONE)));
}

const hasColumns = (view: View, like: View) => isEqual(view.dims.at(-1) ?? ONE, like.dims.at(-1) ?? ONE);

const isMean = (node: Node | undefined) =>
  node?.operation.kind === 'reduce' &&
  node.operation.operation === MEAN &&
  node.operation.axis === node.output.dims.length - 1;

const toVector = (view: View): View => ({ ...view, dims: view.dims.slice(-1), strides: view.strides.slice(-1) });

/** A scale or a shift over the columns of a norm that has none yet. */
function takeVector(rewriter: Rewriter, node: Node): void {
  if (!rewriter.has(node) || node.operation.kind !== 'binary') return;
  const { operation } = node.operation;
  if (operation !== MUL && operation !== ADD) return;
  const [a, b] = node.inputs;
  for (const [x, vector] of [
    [a, b],
    [b, a],
  ]) {
    const norm = rewriter.writerOf('norm', x);
    if (
      !norm ||
      !x ||
      !vector ||
      !isVector(vector, norm.output) ||
      !hasColumns(x, norm.output) ||
      !rewriter.isReadOnce(x.buffer)
    )
      continue;
    const [input, scale, shift, added] = norm.inputs;
    const isFree = operation === MUL ? !scale && !shift : !shift;
    if (!isFree) continue;
    const taken = toVector(vector);
    const inputs = [
      input ?? null,
      operation === MUL ? taken : (scale ?? null),
      operation === ADD ? taken : null,
      added ?? null,
    ];
    rewriter.replace([norm, node], [{ ...norm, inputs, output: node.output, from: [...norm.from, ...node.from] }]);
    return;
  }
}

/** norm(a + b): the sum is computed on the way, and kept where others read it too. */
export function takeSum(rewriter: Rewriter): void {
  for (const norm of rewriter.nodes('norm')) {
    const [x, scale, shift, added] = norm.inputs;
    const sum = rewriter.writerOf('binary', x);
    const [a, b] = sum?.inputs ?? [];
    if (added || !sum || sum.operation.operation !== ADD || !a || !b || !isWhole(a) || !isWhole(b)) continue;
    // Two norms of one sum: the first has it.
    if (rewriter.readers(sum.output.buffer).filter(({ operation }) => operation.kind === 'norm').length > 1) continue;
    const fresh: Node = { ...norm, inputs: [a, scale ?? null, shift ?? null, b], from: [...sum.from, ...norm.from] };
    const isKept = !rewriter.isReadOnce(sum.output.buffer);
    rewriter.replace([sum, norm], [isKept ? { ...fresh, sum: sum.output } : fresh]);
  }
}
