// What a graph consists of after the compiler's passes.

import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import type { Graph, Kind } from '../../model-assets/engine/ir.ts';

/** How often each kind of node is there. */
export function kindsOf(graph: Graph): Partial<Record<Kind, number>> {
  const counts: Partial<Record<Kind, number>> = {};
  for (const { operation } of fuse(graph).nodes) counts[operation.kind] = (counts[operation.kind] ?? 0) + 1;
  return counts;
}
