// How likely a prompt is, token by token: what `decoder_input_details` of text-generation-inference tells, and bits per byte are made of.
// Tokens are read one at a time, for a graph's scores of all positions are many: reading costs as much as writing, and counts as it.

import { ServiceError } from '../errors.ts';
import type { Model } from '../model/open-model.ts';
import type { Context } from '../task.ts';
import { logSumExp } from '../tensor.ts';
import type { GenerationConfig } from './config.ts';
import { begin, type Prompt } from './generate.ts';

/** Logarithm of the share of each token after those before it; of the first, which follows nothing, null. */
export async function promptLogprobs(
  prompt: Prompt,
  config: GenerationConfig,
  model: Model,
  context: Context,
): Promise<readonly (number | null)[]> {
  const { ids } = prompt;
  const { limits, meter } = context;
  const begun = await begin(prompt, { ...config, numBeams: 1 }, model, context);
  if (!begun) throw tooMuch();
  const { decoding, pace, end } = begun;
  const logprobs: (number | null)[] = [null];
  try {
    for (let at = 1; at < ids.length; at++) {
      if (meter.counted('decoder-mib') > limits.maxDecoderMib || meter.counted('steps') >= limits.maxNewTokens)
        throw tooMuch();
      const [scores = new Float32Array()] = await pace(() => decoding.step([ids.slice(at - 1, at)]));
      logprobs.push((scores[ids[at] ?? -1] ?? Number.NEGATIVE_INFINITY) - logSumExp(scores));
    }
  } finally {
    end();
  }
  return logprobs;
}

function tooMuch(): ServiceError {
  const message =
    'telling how likely the prompts are is more work than one request takes; send fewer or shorter inputs, or set decoder_input_details to false';
  return new ServiceError('too_large', message);
}
