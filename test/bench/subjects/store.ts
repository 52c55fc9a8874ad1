// Where the weights come from: R2 or the location's cache, by the Worker's own Server-Timing.

import type { Subject } from '../bench.ts';
import { median } from '../measure.ts';
import { start } from '../workerd.ts';

export default {
  name: 'store',
  summary:
    'reading and verifying the blobs of minilm-sst2, from the cache (ours) and from R2 (peer); here both are local',
  async run(report) {
    const workerd = await start('test/bench/workers/store.ts');
    try {
      await workerd.get('/');
      const samples: { r2: number; cache: number }[] = [];
      for (let round = 0; round < 7; round++) samples.push(JSON.parse(await workerd.get('/')));
      const middle = (key: 'r2' | 'cache') => median(samples.map((sample) => sample[key]));
      report({
        case: '17 MB',
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
