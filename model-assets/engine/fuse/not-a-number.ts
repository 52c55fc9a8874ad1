// Weights of attention that are 0 where their softmax is none: rows without any key, as exporters write them since torch 2.7 where a mask
// is of truth values: Where(IsNaN(softmax), 0, softmax). A softmax is not a number for all of a row or for none of it, and so is the
// product of the row with the values: what is asked of the weights can be asked of the product.

import { EQUAL, NOT } from '../../../shared/runtime/engine/command-format.ts';
import { ONE } from '../dim.ts';
import { type Buffer, type Node, type View, whole } from '../ir.ts';
import { expand } from '../views.ts';
import { numberOf } from './factors.ts';
import { isSame, type NodeOf, type Rewriter } from './rewriter.ts';

/** The softmax whose rows `weights` are, where nobody else reads them. `isGuarded`: with 0 for what is not a number. */
export function weightsOf(
  rewriter: Rewriter,
  weights: View,
): { softmax: NodeOf<'softmax'>; isGuarded: boolean } | undefined {
  if (!rewriter.isReadOnce(weights.buffer)) return undefined;
  const plain = rewriter.writerOf('softmax', weights);
  if (plain) return { softmax: plain, isGuarded: false };
  const choice = rewriter.writerOf('select', weights);
  const [condition, zero, rows] = choice?.inputs ?? [];
  const softmax = rewriter.writerOf('softmax', rows);
  if (!choice || !softmax || !condition || !zero || numberOf(zero) !== 0) return undefined;
  const isNot = rewriter.isReadOnce(condition.buffer) ? rewriter.writerOf('unary', condition) : undefined;
  const [same] = isNot?.operation.operation === NOT ? isNot.inputs : [];
  const isEqual = same && rewriter.isReadOnce(same.buffer) ? rewriter.writerOf('binary', same) : undefined;
  const isItself = isEqual?.operation.operation === EQUAL && isEqual.inputs.every((view) => isSame(view, rows));
  const isOthers = rewriter.readers(softmax.output.buffer).some((node) => node !== choice && node !== isEqual);
  return isItself && !isOthers && !rewriter.isOutput(softmax.output.buffer) ? { softmax, isGuarded: true } : undefined;
}

/** `node`, which writes the whole of a buffer in some order, with 0 where its result is not a number. */
export function guarded(node: Node): readonly Node[] {
  const { output, from } = node;
  const { length } = output.buffer;
  const result: Buffer = { type: 'float', length };
  // Side by side, whatever dimensions the elements have.
  const [all, isNumber] = [whole(result, [length]), whole({ type: 'int', length }, [length])];
  const one = whole({ type: 'float', length: ONE, data: new Float32Array(1) }, []);
  return [
    { ...node, output: { ...output, buffer: result } },
    { operation: { kind: 'binary', operation: EQUAL }, inputs: [all, all], output: isNumber, from },
    {
      operation: { kind: 'select' },
      inputs: [isNumber, all, expand(one, [length])],
      output: whole(output.buffer, [length]),
      from,
    },
  ];
}
