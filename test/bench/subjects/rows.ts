// What it saves that a run computes the rows that are asked for: of a mask, and of a text's first token.

import type { Subject } from '../bench.ts';
import { workerdClock } from '../cpu-clock.ts';
import { compare } from '../measure.ts';
import { start } from '../workerd.ts';

const TOKENS = [16, 64, 128];
const MODELS = [
  { model: 'minilm-mlm', what: 'scores of one token', few: '&keep=1', all: '' },
  { model: 'minilm-sst2', what: 'scores of a text', few: '', all: '&outputs=all' },
];

export default {
  name: 'rows',
  summary: 'a run that is asked for the rows that its task reads (ours), against one that gives all of them (peer)',
  async run(report) {
    const workerd = await start('test/bench/workers/request.ts');
    try {
      for (const { model, what, few, all } of MODELS) {
        for (const tokens of TOKENS) {
          const run = (more: string) => (repeats: number) =>
            workerd.get(`/bare?model=${model}&tokens=${tokens}&repeats=${repeats}${more}`);
          const { ours, peer } = await compare(
            { ours: run(few), peer: run(all) },
            { repeats: Math.round(1024 / tokens), rounds: 5, clock: workerdClock() },
          );
          report({ case: `${model}, ${tokens} tokens, ${what}`, unit: 'ms', ours, peer, ratio: peer / ours });
        }
      }
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;
