// Checkpoints of real sizes with random weights, each published for both engines.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, readCheckpoint } from '../../model-assets/checkpoint.ts';

/** What a model is called that runs on onnxruntime-web. */
export const peerOf = (model: string) => `${model}-ort`;

/** And where it runs on the project's own, with attention in int8. */
export const inBytesOf = (model: string) => `${model}-int8-attention`;

/** The folder of the checkpoints; null, and a line that says why, where there is none. */
export function benchModels(): string | null {
  const folder = process.env.BENCH_MODELS ?? '';
  if (['bench-minilm', 'bench-gpt2'].every((name) => existsSync(join(folder, name)))) return folder;
  console.error('  skipped: set BENCH_MODELS to a folder that model-assets/seeded/full_size.py and');
  console.error('           model-assets/seeded-writing/full_size.py have filled (--out)');
  return null;
}

/** The same for the project's own engine, with attention in int8. */
export function withInt8Attention(folder: string, model: string): Promise<Checkpoint> {
  return readCheckpoint(folder, inBytesOf(model), { engine: 'edge', attention: 'int8' });
}

/** And with large weights in 4 bits. */
export const inInt4Of = (model: string) => `${model}-int4-weights`;

/** The same for the project's own engine, with large weights in 4 bits. */
export function withInt4Weights(folder: string, model: string): Promise<Checkpoint> {
  return readCheckpoint(folder, inInt4Of(model), { engine: 'edge', weights: 'int4' });
}

/** The same ONNX files for the project's own engine, and for onnxruntime-web. */
export async function forBoth(folder: string, model: string): Promise<readonly [ours: Checkpoint, peer: Checkpoint]> {
  return [
    await readCheckpoint(folder, model, { engine: 'edge' }),
    await readCheckpoint(folder, peerOf(model), { engine: 'onnxruntime-web' }),
  ];
}
