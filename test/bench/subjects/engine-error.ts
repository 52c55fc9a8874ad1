// What int8 costs in accuracy, on each engine: hidden states beside those of the fp32 graph, and labels of a trained checkpoint.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readCheckpoint } from '../../../model-assets/checkpoint.ts';
import type { Row, Subject } from '../bench.ts';
import { benchModels, forBoth, peerOf } from '../engine-models.ts';
import { buildLimits } from '../limits.ts';
import { start } from '../workerd.ts';

type Report = (row: Omit<Row, 'subject'>) => void;

const ROOT = join(import.meta.dirname, '..', '..', '..');
const WORKER = 'test/bench/workers/engine.ts';
const SENTENCES = join(ROOT, '..', 'shared', 'data', 'text-classification', 'sst2.dev.jsonl.gz');
const MOST_SENTENCES = 300;
const TOKENS = 128;

export default {
  name: 'engine-error',
  summary: 'relative L2 error of int8 to fp32 at 128 tokens, and wrong labels of 300 of SST-2; onnxruntime-web (peer)',
  async run(report) {
    const folder = benchModels();
    if (folder === null) return;
    await buildLimits();
    await reportHidden(folder, report);
    if (existsSync(SENTENCES)) await reportLabels(report);
    else console.log(`  skipped labels: ${SENTENCES} is not there`);
  },
} satisfies Subject;

async function reportHidden(folder: string, report: Report): Promise<void> {
  const model = 'bench-minilm';
  const exact = `${model}-fp32`;
  const checkpoints = [
    ...(await forBoth(join(folder, model), model)),
    await readCheckpoint(join(folder, exact), exact, { engine: 'onnxruntime-web' }),
  ];
  const workerd = await start(WORKER, { checkpoints });
  try {
    const hidden = async (name: string) => {
      const response = await workerd.post(`/hidden?model=${name}&tokens=${TOKENS}`, {});
      return new Float32Array(await response.arrayBuffer());
    };
    const right = await hidden(exact);
    const ours = toError(await hidden(model), right);
    const peer = toError(await hidden(peerOf(model)), right);
    report({ case: 'MiniLM-L6, random weights, hidden states', unit: '‰', ours, peer, ratio: peer / ours });
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

async function reportLabels(report: Report): Promise<void> {
  const model = 'minilm-sst2';
  const rows = gunzipSync(readFileSync(SENTENCES)).toString().trim().split('\n').slice(0, MOST_SENTENCES);
  const sentences = rows.map((row) => JSON.parse(row) as { text: string; label: string });
  const checkpoints = await forBoth(join(ROOT, 'model-assets', 'checkpoints', model), model);
  const workerd = await start(WORKER, { checkpoints });
  try {
    const labels = async (name: string) => {
      const given: string[] = [];
      for (let i = 0; i < sentences.length; i += 50) {
        const inputs = sentences.slice(i, i + 50).map(({ text }) => text);
        const response = await workerd.post(`/models/${name}`, { inputs });
        if (!response.ok) throw new Error(await response.text());
        given.push(...((await response.json()) as { label: string }[][]).map((answer) => answer[0]?.label ?? ''));
      }
      return given;
    };
    const [ours, peer] = [await labels(model), await labels(peerOf(model))];
    const wrong = (given: readonly string[]) => given.filter((label, i) => label !== sentences[i]?.label).length;
    const [own, other] = [wrong(ours), wrong(peer)];
    report({ case: `${model}, wrong of ${rows.length}`, unit: 'labels', ours: own, peer: other, ratio: other / own });
    const flips = ours.filter((label, i) => label !== peer[i]).length;
    report({ case: `${model}, other than the peer’s`, unit: 'labels', ours: flips, peer: null, ratio: null });
  } finally {
    await workerd.close();
  }
}
