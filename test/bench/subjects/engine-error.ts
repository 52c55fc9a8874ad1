// What int8 costs in accuracy, on each engine: hidden states beside those of the fp32 graph.

import { join } from 'node:path';
import { readCheckpoint } from '../../../model-assets/checkpoint.ts';
import type { Row, Subject } from '../bench.ts';
import { benchModels, forBoth, inBytesOf, peerOf, withInt8Attention } from '../engine-models.ts';
import { buildLimits } from '../limits.ts';
import { start } from '../workerd.ts';

type Report = (row: Omit<Row, 'subject'>) => void;

const WORKER = 'test/bench/workers/engine.ts';
const TOKENS = 128;

export default {
  name: 'engine-error',
  summary: 'relative L2 error of int8 to fp32 at 128 tokens; onnxruntime-web (peer)',
  async run(report) {
    const folder = benchModels();
    if (folder === null) return;
    await buildLimits();
    await reportHidden(folder, report);
  },
} satisfies Subject;

async function reportHidden(folder: string, report: Report): Promise<void> {
  const model = 'bench-minilm';
  const exact = `${model}-fp32`;
  const checkpoints = [
    ...(await forBoth(join(folder, model), model)),
    await withInt8Attention(join(folder, model), model),
    await readCheckpoint(join(folder, exact), exact, { engine: 'onnxruntime-web' }),
  ];
  const workerd = await start(WORKER, { checkpoints });
  try {
    const hidden = async (name: string) => {
      const response = await workerd.post(`/hidden?model=${name}&tokens=${TOKENS}`, {});
      return new Float32Array(await response.arrayBuffer());
    };
    const right = await hidden(exact);
    const peer = toError(await hidden(peerOf(model)), right);
    for (const [name, label] of [
      [model, ''],
      [inBytesOf(model), ', attention in int8'],
    ] as const) {
      const ours = toError(await hidden(name), right);
      report({ case: `MiniLM-L6, random weights, hidden states${label}`, unit: '‰', ours, peer, ratio: peer / ours });
    }
  } finally {
    await workerd.close();
  }
}

/** Relative L2 distance in thousandths. */
function toError(values: Float32Array, right: Float32Array): number {
  if (values.length === 0 || values.length !== right.length) throw new Error('the graphs give other shapes');
  let [difference, whole] = [0, 0];
  for (const [i, value] of right.entries()) {
    difference += ((values[i] ?? 0) - value) ** 2;
    whole += value ** 2;
  }
  return 1e3 * Math.sqrt(difference / whole);
}
