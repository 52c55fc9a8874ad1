// Part of the subject `engine`: what the first who asks waits for.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../../model-assets/host/bundle.ts';
import type { Row } from '../bench.ts';
import { toBody } from '../bodies.ts';
import { forBoth, inInt4Of, peerOf, withInt4Weights } from '../engine-models.ts';
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
      const at = join(folder, model);
      const checkpoints = [...(await forBoth(at, model)), await withInt4Weights(at, model)];
      await (await serve(ours, { folder: kept, checkpoints })).close();
      const first = async (name: string, isStarted: boolean) => {
        const workerd = await serve(name === peerOf(model) ? peer : ours, { folder: kept, checkpoints: [] });
        try {
          // Answers without a model, from an isolate that has started then.
          if (isStarted) await workerd.get('/v1/models');
          return await timed(async () => {
            const response = await workerd.post(`/models/${name}`, toBody(task, TOKENS, 1));
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
        const samples: { ours: number; int4: number; peer: number }[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          samples.push({
            ours: await first(model, isStarted),
            int4: await first(inInt4Of(model), isStarted),
            peer: await first(peerOf(model), isStarted),
          });
        }
        const [own, int4, other] = (['ours', 'int4', 'peer'] as const).map((who) =>
          median(samples.map((sample) => sample[who])),
        ) as [number, number, number];
        for (const [label, value] of [
          ['', own],
          [', weights in int4', int4],
        ] as const) {
          report({ case: `${like}, ${name}${label}`, unit: 'ms', ours: value, peer: other, ratio: other / value });
        }
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
