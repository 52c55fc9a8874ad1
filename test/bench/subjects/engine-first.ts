// Part of the subject `engine`: what the first who asks waits for.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../../model-assets/host/bundle.ts';
import type { Row } from '../bench.ts';
import { toBody } from '../bodies.ts';
import { forBoth, peerOf } from '../engine-models.ts';
import { median, timed } from '../measure.ts';
import { serve } from '../workerd.ts';

const ROUNDS = 9;
const TOKENS = 16;
const MODELS = [
  { model: 'bench-minilm', task: 'feature-extraction', like: 'MiniLM-L6' },
  { model: 'bench-distilbert', task: 'text-classification', like: 'DistilBERT' },
];

/** Each time in a process of its own, from a bucket that is local; ours in the Worker that has no onnxruntime-web. */
export async function reportFirstAnswers(folder: string, report: (row: Omit<Row, 'subject'>) => void): Promise<void> {
  const ours = await bundle('functions/index.ts', true);
  const peer = await bundle('functions/index.ts');
  const bench = await bundle('test/bench/workers/engine.ts');
  for (const { model, task, like } of MODELS) {
    const kept = await mkdtemp(join(tmpdir(), 'first-'));
    try {
      await (await serve(ours, { folder: kept, checkpoints: await forBoth(join(folder, model), model) })).close();
      const first = async (isOurs: boolean, isStarted: boolean) => {
        const workerd = await serve(isOurs ? ours : peer, { folder: kept, checkpoints: [] });
        try {
          // Answers without a model, from an isolate that has started then.
          if (isStarted) await workerd.get('/v1/models');
          const path = `/models/${isOurs ? model : peerOf(model)}`;
          return await timed(async () => {
            const response = await workerd.post(path, toBody(task, TOKENS, 1));
            const text = await response.text();
            if (!response.ok) throw new Error(text);
          });
        } finally {
          await workerd.close();
        }
      };
      for (const [name, isStarted] of [
        ['open and first answer', true],
        ['first request on a fresh isolate', false],
      ] as const) {
        const samples: { ours: number; peer: number }[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          samples.push({ ours: await first(true, isStarted), peer: await first(false, isStarted) });
        }
        const own = median(samples.map((sample) => sample.ours));
        const other = median(samples.map((sample) => sample.peer));
        report({ case: `${like}, ${name}`, unit: 'ms', ours: own, peer: other, ratio: other / own });
      }
      const reading: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const workerd = await serve(bench, { folder: kept, checkpoints: [] });
        await workerd.get('/v1/models');
        reading.push(await timed(() => workerd.get(`/bytes?model=${model}`)));
        await workerd.close();
      }
      report({
        case: `${like}, of that reading and hashing`,
        unit: 'ms',
        ours: median(reading),
        peer: null,
        ratio: null,
      });
    } finally {
      await rm(kept, { recursive: true });
    }
  }
}
