// Eight rows in one run against eight runs of one row: why `forward` does not batch.

import type { Subject } from '../bench.ts';
import { compare } from '../measure.ts';
import { start } from '../workerd.ts';

export default {
  name: 'batch',
  summary: 'eight rows one by one (ours) against one run of a batch of eight (peer), the bare graph of minilm-sst2',
  async run(report) {
    const workerd = await start('test/bench/workers/request.ts');
    try {
      for (const tokens of [16, 64]) {
        const { single, batch } = await compare(
          {
            single: (repeats) => workerd.get(`/bare?tokens=${tokens}&repeats=${repeats * 8}`),
            batch: (repeats) => workerd.get(`/bare?tokens=${tokens}&rows=8&repeats=${repeats}`),
          },
          { repeats: 5 },
        );
        report({ case: `8 × ${tokens} tokens`, unit: 'ms', ours: single, peer: batch, ratio: batch / single });
      }
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;
