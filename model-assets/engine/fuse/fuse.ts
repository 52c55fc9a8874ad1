// The passes in their order: each finds what those before have left.

import type { Graph } from '../ir.ts';
import { fuseActivations } from './activations.ts';
import { fuseAttention } from './attention.ts';
import { withoutDuplicates } from './duplicates.ts';
import { splitHeads } from './heads.ts';
import { takeActivation, takeBias, toLinear } from './linear.ts';
import { fuseNorms, takeSum } from './norms.ts';
import { Rewriter } from './rewriter.ts';
import { joinSiblings } from './siblings.ts';

/** `hasInt8Attention`: see compile.ts. */
export function fuse(graph: Graph, hasInt8Attention = false): Graph {
  // What no output needs would look like a reader.
  const rewriter = new Rewriter(withoutDuplicates(new Rewriter(graph).finish()));
  toLinear(rewriter);
  takeBias(rewriter);
  fuseActivations(rewriter);
  const clean = new Rewriter(rewriter.finish());
  takeActivation(clean);
  fuseNorms(clean);
  const normed = new Rewriter(clean.finish());
  takeSum(normed);
  splitHeads(normed);
  const split = new Rewriter(normed.finish());
  fuseAttention(split, hasInt8Attention);
  const attended = new Rewriter(split.finish());
  joinSiblings(attended);
  return attended.finish();
}
