// A whole request against the bare run of its graph: what everything around the engine costs.

import type { Subject } from '../bench.ts';
import { compare } from '../measure.ts';
import { start } from '../workerd.ts';

export default {
  name: 'request',
  summary: 'one whole request (ours) against a bare run of its graph in the same engine (peer), minilm-sst2',
  async run(report) {
    const workerd = await start('test/bench/workers/request.ts');
    try {
      for (const tokens of [16, 128]) {
        const { whole, bare } = await compare(
          {
            whole: (repeats) => workerd.get(`/whole?tokens=${tokens}&repeats=${repeats}`),
            bare: (repeats) => workerd.get(`/bare?tokens=${tokens}&repeats=${repeats}`),
          },
          { repeats: tokens === 16 ? 50 : 10 },
        );
        report({ case: `${tokens} tokens`, unit: 'ms', ours: whole, peer: bare, ratio: bare / whole });
      }
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;
