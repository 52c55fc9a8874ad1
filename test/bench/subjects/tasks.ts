// Each task, whole requests, by tokens and inputs: what one costs, and whether a batch would gain.

import type { Subject } from '../bench.ts';
import { compare } from '../measure.ts';
import { publishedModels, start } from '../workerd.ts';

const TOKENS = [16, 64, 128, 384];

export default {
  name: 'tasks',
  summary:
    'a request of one input and of eight (ours), against one bare run of its graph with as many rows in the same engine (peer)',
  async run(report) {
    const workerd = await start('test/bench/workers/request.ts');
    try {
      for (const { task, name, maxLength, generation } of await publishedModels()) {
        // Those that write are a subject of their own.
        if (generation) continue;
        for (const tokens of TOKENS.filter((count) => count <= maxLength)) {
          for (const rows of [1, 8]) {
            const { whole, bare } = await compare(
              {
                whole: (repeats) => workerd.get(`/whole?task=${task}&tokens=${tokens}&rows=${rows}&repeats=${repeats}`),
                bare: (repeats) => workerd.get(`/bare?model=${name}&tokens=${tokens}&rows=${rows}&repeats=${repeats}`),
              },
              { repeats: Math.max(2, Math.round(640 / tokens / rows)), rounds: 5 },
            );
            const label = `${task}, ${tokens} tokens × ${rows}, ${name}`;
            report({ case: label, unit: 'ms', ours: whole, peer: bare, ratio: bare / whole });
          }
        }
      }
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;
