// What a text costs before its first new token: a prompt, of which a decoder reads all and wants the scores of the last token alone.

import type { Subject } from '../bench.ts';
import { time, withBoth } from '../both-engines.ts';
import { benchModels, peerOf } from '../engine-models.ts';

const TOKENS = [16, 64, 256];

export default {
  name: 'prompts',
  summary: 'a prompt of DistilGPT-2’s size, against onnxruntime-web in the same isolate, int8 (BENCH_MODELS)',
  async run(report) {
    const folder = benchModels();
    if (folder === null) return;
    const model = 'bench-gpt2';
    await withBoth(folder, model, async (workerd) => {
      for (const tokens of TOKENS) {
        const it = { kind: 'prompt', tokens } as const;
        const cases = [
          { ...it, model: peerOf(model) },
          { ...it, model },
        ];
        const [peer = 0, ours = 0] = await time(workerd, cases, Math.max(2, Math.round(256 / tokens)));
        report({ case: `DistilGPT-2, a prompt of ${tokens} tokens`, unit: 'ms', ours, peer, ratio: peer / ours });
      }
    });
  },
} satisfies Subject;
