// Where the weights come from: R2 or the location's cache, by the Worker's clock, which moves when it runs locally.

import type { Subject } from '../bench.ts';
import { median } from '../measure.ts';
import { start } from '../workerd.ts';

interface Sample {
  readonly bytes: number;
  /** Milliseconds. */
  readonly r2: number;
  readonly cache: number;
}

export default {
  name: 'store',
  summary:
    'reading and verifying what opening minilm-sst2 reads, from the cache (ours) and from R2 (peer); here both are local',
  async run(report) {
    const workerd = await start('test/bench/workers/store.ts');
    try {
      const { bytes }: Sample = JSON.parse(await workerd.get('/'));
      const samples: Sample[] = [];
      for (let round = 0; round < 7; round++) samples.push(JSON.parse(await workerd.get('/')));
      const middle = (key: 'r2' | 'cache') => median(samples.map((sample) => sample[key]));
      report({
        case: `${(bytes / 1e6).toFixed(1)} MB`,
        unit: 'ms',
        ours: middle('cache'),
        peer: middle('r2'),
        ratio: middle('r2') / middle('cache'),
      });
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;
