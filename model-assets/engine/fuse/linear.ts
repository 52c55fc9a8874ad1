// A product with a weight becomes a linear layer, and takes its bias and its activation in.

import {
  ADD,
  GELU_ERF,
  GELU_TANH,
  NONE,
  RELU,
  SIGMOID,
  SILU,
  TANH,
} from '../../../shared/runtime/engine/command-format.ts';
import { isEqual, isNumber, ONE, toNumber, ZERO } from '../dim.ts';
import { knownElements, type Node, type View } from '../ir.ts';
import type { NodeOf, Rewriter } from './rewriter.ts';

const ACTIVATIONS: readonly number[] = [RELU, GELU_ERF, GELU_TANH, TANH, SIGMOID, SILU];

export function toLinear(rewriter: Rewriter): void {
  for (const node of rewriter.nodes('matmul')) {
    const [a, b] = node.inputs;
    const weight = b && toWeight(b);
    // What is known altogether is no input of a layer.
    if (!a || !weight || a.buffer.data || a.buffer.quantized) continue;
    rewriter.replace([node], [{ ...node, operation: { kind: 'linear', activation: NONE }, inputs: [a, weight, null] }]);
  }
}

/** [columns in, columns out] of a view that repeats a weight for each matrix of a batch. */
function toWeight(view: View): View | undefined {
  const rank = view.dims.length;
  const { data, quantized } = view.buffer;
  if (rank < 2 || !(data instanceof Float32Array || quantized)) return undefined;
  const isRepeated = view.strides
    .slice(0, -2)
    .every((stride, i) => isNumber(stride, 0) || isNumber(view.dims[i] ?? ONE, 1));
  const dims = view.dims.slice(-2);
  if (!isRepeated || dims.some((size) => toNumber(size) === undefined)) return undefined;
  return { ...view, dims, strides: view.strides.slice(-2) };
}

/** Linear(x) + a vector over its columns. */
export function takeBias(rewriter: Rewriter): void {
  for (const node of rewriter.nodes('binary')) {
    if (node.operation.operation !== ADD) continue;
    const [a, b] = node.inputs;
    const found = [
      [a, b],
      [b, a],
    ].find(([x, bias]) => isOpen(rewriter, x) && x && bias && isVector(bias, x));
    const linear = rewriter.writerOf('linear', found?.[0]);
    const bias = found?.[1];
    // Its columns may be seen as others.
    if (!linear || !bias || linear.inputs[2] || !isVector(bias, linear.output)) continue;
    const vector: View = { ...bias, dims: bias.dims.slice(-1), strides: bias.strides.slice(-1) };
    rewriter.replace(
      [linear, node],
      [
        {
          ...linear,
          inputs: [...linear.inputs.slice(0, 2), vector],
          output: node.output,
          from: [...linear.from, ...node.from],
        },
      ],
    );
  }
}

/** Whether a linear layer without an activation gives it, to one reader. */
function isOpen(rewriter: Rewriter, view: View | null | undefined): boolean {
  const linear = rewriter.writerOf('linear', view);
  return linear !== undefined && linear.operation.activation === NONE && rewriter.isReadOnce(linear.output.buffer);
}

/** Known numbers, one for each of the last dimension, the same for all others. */
export function isVector(view: View, like: View): boolean {
  if (!(view.buffer.data instanceof Float32Array)) return false;
  const last = view.dims.length - 1;
  return (
    view.strides.every((stride, i) => i === last || isNumber(stride, 0) || isNumber(view.dims[i] ?? ONE, 1)) &&
    isEqual(view.dims[last] ?? ONE, like.dims.at(-1) ?? ZERO) &&
    knownElements({ ...view, dims: view.dims.slice(-1), strides: view.strides.slice(-1) }) !== undefined
  );
}

export function takeActivation(rewriter: Rewriter): void {
  for (const node of rewriter.nodes('unary')) {
    const { operation } = node.operation;
    const [x] = node.inputs;
    const linear: NodeOf<'linear'> | undefined = rewriter.writerOf('linear', x);
    if (!ACTIVATIONS.includes(operation) || !isOpen(rewriter, x) || !linear) continue;
    const fresh: Node = {
      ...linear,
      operation: { kind: 'linear', activation: operation },
      output: node.output,
      from: [...linear.from, ...node.from],
    };
    rewriter.replace([linear, node], [fresh]);
  }
}
