// A manifest as a person reads it.

import { blobsOf, type Engine, type Manifest } from '../../shared/model/manifest.ts';
import { megabytes } from './sizes.ts';

export function describe(manifest: Manifest): readonly string[] {
  const { name, task, architecture, engine, maxLength, license, origin, source, revision, id2label } = manifest;
  const bytes = blobsOf(manifest).reduce((sum, blob) => sum + blob.bytes, 0);
  const labels = id2label.length > 8 ? [...id2label.slice(0, 8), `and ${id2label.length - 8} more`] : id2label;
  return [
    `${name} ${revision}: ${task}, ${architecture}, up to ${maxLength} tokens`,
    `from ${source ? `${source.repository} at ${source.commit}` : origin}, licence ${license}`,
    ...(labels.length > 0 ? [`labels ${labels.join(', ')}`] : []),
    `runs on ${engine.name}: ${[engine.reason, ...precisionOf(engine)].join(', ')}`,
    `${megabytes(bytes)} in the bucket`,
  ];
}

/** What of it is not computed as the graphs have it. */
function precisionOf(engine: Engine): readonly string[] {
  if (engine.name !== 'edge') return [];
  return [...(engine.attention ? ['attention in int8'] : []), ...(engine.weights ? ['weights in int4'] : [])];
}
