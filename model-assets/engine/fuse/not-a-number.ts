// Weights of attention that are 0 where their softmax is none: rows without any key, as exporters write them since torch 2.7 where a mask
// is of truth values: Where(IsNaN(softmax), 0, softmax). A softmax is not a number for all of a row or for none of it.

import { EQUAL, NOT } from '../../../shared/runtime/engine/command-format.ts';
import type { View } from '../ir.ts';
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
