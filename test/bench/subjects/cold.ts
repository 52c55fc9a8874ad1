// Cold starts: from the start of the process, and of a request that finds nothing open.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../../model-assets/host/bundle.ts';
import type { Subject } from '../bench.ts';
import { median, timed } from '../measure.ts';
import { serve } from '../workerd.ts';

const ROUNDS = 5;

export default {
  name: 'cold',
  summary: 'start of the process to the first answer, first request on a fresh isolate, and the second; local R2',
  async run(report) {
    const process: number[] = [];
    const first: number[] = [];
    const second: number[] = [];
    const modules = await bundle('functions/index.ts');
    const folder = await mkdtemp(join(tmpdir(), 'cold-'));
    try {
      await (await serve(modules, { folder })).close();
      for (let round = 0; round < ROUNDS; round++) {
        const started = performance.now();
        const workerd = await serve(modules, { folder, checkpoints: [] });
        const ask = async () => {
          const response = await workerd.post('/v1/text-classification', { inputs: 'I love it' });
          if (!response.ok) throw new Error(await response.text());
          await response.text();
        };
        first.push(await timed(ask));
        process.push(performance.now() - started);
        second.push(await timed(ask));
        await workerd.close();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    const row = (name: string, values: readonly number[]) =>
      report({ case: name, unit: 'ms', ours: median(values), peer: null, ratio: null });
    row('start of miniflare and workerd to first answer', process);
    row('first request on a fresh isolate', first);
    row('second request', second);
  },
} satisfies Subject;
