// What is refused of generation parameters although each by itself is of the right kind.

import { ServiceError } from '../errors.ts';
import { affordable } from './bounds.ts';
import type { Circumstances, GenerationConfig } from './config.ts';
import type { GenerationParameters } from './parameters.ts';

/** Throws `invalid_input` for what contradicts itself, is not offered, is no token of the model, or is over the limits of a request. */
export function checkParameters(config: GenerationConfig, asked: GenerationParameters, at: Circumstances): void {
  checkBeams(config, at);
  checkLengths(config, asked, at);
  checkIds(asked, at.vocabularySize);
}

const PAIRS = [
  ['min_new_tokens', 'max_new_tokens'],
  ['min_length', 'max_length'],
] as const;

function refuse(message: string): never {
  throw new ServiceError('invalid_input', message);
}

function checkBeams({ numBeams, numReturnSequences, doSample }: GenerationConfig, { limits }: Circumstances): void {
  if (doSample && numBeams > 1) {
    refuse(`sampling in beams is not offered; set parameters.do_sample to false, or parameters.num_beams to 1`);
  }
  if (numBeams * (doSample ? numReturnSequences : 1) > limits.maxBeams) {
    const what = doSample ? 'num_return_sequences' : 'num_beams';
    refuse(`parameters.${what} is ${doSample ? numReturnSequences : numBeams}; one request takes ${limits.maxBeams}`);
  }
  if (!doSample && numReturnSequences > numBeams) {
    const why = numBeams === 1 ? 'greedy decoding gives one' : `${numBeams} beams give no more than ${numBeams}`;
    refuse(`parameters.num_return_sequences is ${numReturnSequences}; ${why} (raise parameters.num_beams, or sample)`);
  }
}

function checkLengths(
  config: GenerationConfig,
  asked: GenerationParameters,
  { promptLength, sourceLength, cost, limits, warn }: Circumstances,
): void {
  if ((asked.max_new_tokens ?? 0) > limits.maxNewTokens) {
    refuse(`parameters.max_new_tokens is ${asked.max_new_tokens}; one request takes ${limits.maxNewTokens}`);
  }
  for (const [least, most] of PAIRS) {
    if (asked[least] && asked[most] && asked[least] > asked[most]) {
      refuse(`parameters.${least} is ${asked[least]} and parameters.${most} ${asked[most]}; it must not be more`);
    }
  }
  if (config.minLength > config.maxLength && (asked.min_length || asked.min_new_tokens)) {
    // It hangs on the prompt, so a caller cannot know; the reference goes on too.
    warn(
      `the text ends at ${config.maxLength} tokens, prompt included, before the least length of ${config.minLength}`,
    );
  }
  if (config.maxLength > promptLength) return;
  const { numBeams } = config;
  if (affordable(promptLength, numBeams, cost, limits) > promptLength) {
    const whole = asked.max_length
      ? `parameters.max_length is ${asked.max_length}`
      : 'a text of this model ends at its max_length';
    const there = promptLength === 1 ? '1 token is' : `${promptLength} tokens are`;
    refuse(`${whole}; ${there} there already (set parameters.max_new_tokens)`);
  }
  const beams = numBeams > 1 ? ` in ${numBeams} beams` : '';
  refuse(
    `${sourceLength + promptLength} tokens${beams} take all that a request may spend; send less text, or set parameters.num_beams lower (GET /v1/tasks tells max_decoder_mib, max_cache_mib and max_model_mib, which is for the model too)`,
  );
}

function checkIds(asked: GenerationParameters, size: number): void {
  const ids = {
    bad_words_ids: asked.bad_words_ids?.flat() ?? [],
    suppress_tokens: asked.suppress_tokens ?? [],
    forced_bos_token_id: asked.forced_bos_token_id ?? [],
    forced_eos_token_id: asked.forced_eos_token_id ?? [],
  };
  for (const [name, value] of Object.entries(ids)) {
    const wrong = [value].flat().find((id) => id >= size);
    if (wrong !== undefined) refuse(`parameters.${name} has ${wrong}; the ids of this model are 0 to ${size - 1}`);
  }
}
