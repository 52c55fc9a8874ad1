// One row of tokens, continued token by token: greedily, or by drawing. Source: GenerationMixin._sample of transformers 4.57.

import { logSoftmax } from '../tensor.ts';
import type { GenerationConfig } from './config.ts';
import type { Decoding } from './decoding.ts';
import { processorsOf } from './processors.ts';
import type { Random } from './random.ts';
import type { FinishReason, Stopping } from './stopping.ts';
import { warpersOf } from './warpers.ts';

export interface NewToken {
  readonly id: number;
  /** Logarithm of its probability among what was left to choose from. */
  readonly logprob: number;
  /** Why it is the last, or null. */
  readonly finish: FinishReason | null;
}

/** Gives way to the rest of the isolate, and throws once the client has left. */
export type Pause = () => Promise<void>;

/** `random`: for drawing; without it the likeliest token is taken. */
export async function* continueRow(
  decoding: Decoding,
  prompt: readonly number[],
  config: GenerationConfig,
  stopping: Stopping,
  pause: Pause,
  random: Random | null,
): AsyncGenerator<NewToken, void, undefined> {
  const processors = processorsOf(config, prompt.length);
  const warpers = random ? warpersOf(config) : [];
  const ids = [...prompt];
  let fresh: readonly number[] = prompt;
  while (true) {
    await pause();
    const [scores = new Float32Array()] = await decoding.step([fresh]);
    for (const process of processors) process(scores, ids);
    for (const warp of warpers) warp(scores);
    const logs = logSoftmax(scores);
    const id = random ? draw(logs, random()) : likeliest(logs);
    ids.push(id);
    fresh = [id];
    const finish = stopping(ids);
    yield { id, logprob: logs[id] ?? Number.NEGATIVE_INFINITY, finish };
    if (finish) return;
  }
}

/** The first of the highest, as argmax. */
function likeliest(logs: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logs.length; id++) if ((logs[id] ?? 0) > (logs[best] ?? 0)) best = id;
  return best;
}

/** The token in whose share of [0, 1) the number lies. `logs`: logarithms of probabilities that add up to 1. */
export function draw(logs: Float32Array, uniform: number): number {
  let sum = 0;
  let last = 0;
  for (let id = 0; id < logs.length; id++) {
    const log = logs[id] ?? Number.NEGATIVE_INFINITY;
    if (log === Number.NEGATIVE_INFINITY) continue;
    last = id;
    sum += Math.exp(log);
    if (uniform < sum) return id;
  }
  // Rounding may leave a little beyond the last.
  return last;
}
