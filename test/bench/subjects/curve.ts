// Whether a text costs what its length says: from 1 KB to 10 MB at once, against the same bytes in pieces of 1 KB; and the memory that
// 10 MB at once take beyond the compiled file, against the 40 bytes a byte that are allowed.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Subject } from '../bench.ts';
import { TEXTS } from '../texts.ts';
import { withTokenizerWorker } from './tokenizer.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/tokenizers');
const FAMILIES = ['bert-base-uncased', 'roberta-base', 't5-small'];
const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7];
const ALLOWED = 40;

export default {
  name: 'curve',
  summary:
    'nanoseconds a byte of a text at once (ours) against the same bytes in pieces of 1 KB (peer): 1 is a straight line; memory, bytes a byte',
  async run(report) {
    for (const family of FAMILIES) {
      const path = join(FOLDER, family, 'tokenizer.json');
      if (!existsSync(path)) {
        console.error(`  skipped: ${path} is not there`);
        continue;
      }
      await withTokenizerWorker(async (compareJobs, _, ask) => {
        for (const text of Object.keys(TEXTS)) {
          for (const size of SIZES) {
            const query = `?size=${size}&text=${text}`;
            const repeats = Math.max(1, Math.round(2e6 / size));
            const { ours, peer } = await compareJobs(`at-once${query}`, `in-pieces${query}`, repeats, 2);
            const cost = (milliseconds: number) => (milliseconds * 1e6) / size;
            const name = `${family}, ${text}, ${size / 1e3} KB`;
            report({ case: name, unit: 'ns/B', ours: cost(ours), peer: cost(peer), ratio: peer / ours });
          }
          const most = Math.max(...SIZES);
          const memory = Number(await ask(`memory?size=${most}&text=${text}&times=1`)) / most;
          const row = { unit: 'B/B', ours: memory, peer: ALLOWED, ratio: ALLOWED / memory };
          report({ case: `${family}, ${text}, memory`, ...row });
        }
      }, path);
    }
  },
} satisfies Subject;
