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

export function fuse(graph: Graph): Graph {
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
  fuseAttention(split);
  const attended = new Rewriter(split.finish());
  joinSiblings(attended);
  return attended.finish();
}
