// Which value counts where several say something, and what is refused.

import { describe, expect, test } from 'vitest';
import { type Circumstances, toConfig } from '../../shared/generate/config.ts';
import { type GenerationParameters, generationFields } from '../../shared/generate/parameters.ts';
import { fields, parse } from '../../shared/schema.ts';

const PIPELINE = { max_new_tokens: 256, num_beams: 4 };
const warnings: string[] = [];
const at: Circumstances = {
  promptLength: 5,
  contextLength: 1000,
  eosIds: [1],
  decoderMib: 1,
  limits: { maxBodyBytes: 0, maxInputs: 0, maxTokens: 0, maxNewTokens: 300, maxBeams: 8, maxDecoderMib: 10_000 },
  warn: (message) => warnings.push(message),
};
const schema = fields(generationFields);
const asked = (parameters: object): GenerationParameters => parse(schema, parameters);
const config = (parameters: object, checkpoint: object = {}, more: Partial<Circumstances> = {}) =>
  toConfig([asked(parameters), asked(checkpoint), PIPELINE], { ...at, ...more });

test('the caller goes before the checkpoint, and that before the pipeline', () => {
  expect(config({})).toMatchObject({ maxLength: 261, numBeams: 4, lengthPenalty: 1 });
  expect(config({}, { num_beams: 2, length_penalty: 2 })).toMatchObject({ numBeams: 2, lengthPenalty: 2 });
  expect(config({ num_beams: 3 }, { num_beams: 2 })).toMatchObject({ numBeams: 3 });
  expect(config({ num_beams: null, early_stopping: false }, { early_stopping: true })).toMatchObject({
    numBeams: 4,
    earlyStopping: false,
  });
});

test('a length of its own goes before one that is further away; new tokens before the whole', () => {
  expect(config({ max_length: 40 }).maxLength).toBe(40);
  expect(config({}, { max_length: 64 }).maxLength).toBe(64);
  expect(config({ max_new_tokens: 7 }, { max_length: 64 }).maxLength).toBe(12);
  warnings.length = 0;
  expect(config({ max_new_tokens: 7, max_length: 40 }).maxLength).toBe(12);
  expect(warnings).toEqual(['max_new_tokens goes before max_length']);
});

test('context and work bound the length', () => {
  expect(config({}, {}, { contextLength: 20 }).maxLength).toBe(20);
  expect(config({}, {}, { decoderMib: 50 }).maxLength).toBe(50);
  expect(config({ num_beams: 1 }, {}, { decoderMib: 50 }).maxLength).toBe(200);
});

describe('refused', () => {
  test.each([
    [{ max_new_tokens: 1_000_000 }, 'parameters.max_new_tokens is 1000000; one request takes 300'],
    [{ max_length: 5 }, 'parameters.max_length is 5; 5 tokens are there already'],
    [
      { max_new_tokens: 5, min_new_tokens: 6 },
      'min_new_tokens is 6 and parameters.max_new_tokens 5; it must not be more',
    ],
    [{ max_length: 9, min_length: 10 }, 'min_length is 10 and parameters.max_length 9; it must not be more'],
    [{ num_beams: 9 }, 'parameters.num_beams is 9; one request takes 8'],
    [{ do_sample: true }, 'sampling in beams is not offered; set parameters.do_sample to false'],
    [{ do_sample: true, num_beams: 1, num_return_sequences: 9 }, 'num_return_sequences is 9; one request takes 8'],
    [{ num_return_sequences: 5 }, 'num_return_sequences is 5; 4 beams give no more than 4'],
    [{ num_beams: 1, num_return_sequences: 2 }, 'num_return_sequences is 2; greedy decoding gives one'],
  ])('%j', (parameters, message) => {
    expect(() => config(parameters)).toThrow(message);
  });

  test.each([
    [{ max_new_tokens: 0 }, 'max_new_tokens must be a whole number from 1'],
    [{ max_new_tokens: -1 }, 'max_new_tokens must be a whole number from 1'],
    [{ temperature: 0 }, 'temperature must be a number over 0; for the likeliest text set do_sample to false'],
    [{ top_p: 1.1 }, 'top_p must be a number over 0 and up to 1'],
    [{ typical_p: 0 }, 'typical_p must be a number over 0 and up to 1'],
    [{ early_stopping: 'always' }, 'early_stopping must be true, false or never'],
    [{ bad_words_ids: [[]] }, 'bad_words_ids[0] must have a token id'],
    [{ bad_words_ids: [[-1]] }, 'bad_words_ids[0][0] must be a token id'],
    [{ stop: Array(100).fill('a') }, 'stop must be at most 16 strings of 1 to 256 characters'],
    [{ stop: [''] }, 'stop[0] must be at most 16 strings of 1 to 256 characters'],
    [{ seed: -1 }, 'seed must be a whole number from 0'],
    [{ repetition_penalty: 0 }, 'repetition_penalty must be a number over 0'],
    [{ num_beam: 1 }, 'has no num_beam; it takes max_new_tokens'],
  ])('%j', (parameters, message) => {
    expect(() => asked(parameters)).toThrow(message);
  });
});
