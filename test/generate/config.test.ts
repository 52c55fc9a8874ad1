// Which value counts where several say something, and what is refused.

import { describe, expect, test } from 'vitest';
import { within } from '../../shared/generate/bounds.ts';
import { type Circumstances, toConfig } from '../../shared/generate/config.ts';
import { type GenerationParameters, generationFields } from '../../shared/generate/parameters.ts';
import { Meter } from '../../shared/meter.ts';
import { fields, parse } from '../../shared/schema.ts';
import { NO_LIMITS, NOTHING_SPECIAL } from './limits.ts';

const PIPELINE = { max_new_tokens: 256, num_beams: 4 };
const warnings: string[] = [];
const at: Circumstances = {
  promptLength: 5,
  contextLength: 1000,
  eosIds: [1],
  vocabularySize: 100,
  ...NOTHING_SPECIAL,
  limits: { ...NO_LIMITS, maxNewTokens: 300, maxBeams: 8, maxDecoderMib: 10_000, maxCacheMib: 1 },
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
  const work = { cost: { ...at.cost, decoderMib: 50 } };
  // 200 positions: five of the prompt, one new token with them, and then as many as four beams may read.
  expect(config({}, {}, work).maxLength).toBe(54);
  expect(config({ num_beams: 1 }, {}, work).maxLength).toBe(201);
  // Where each step reads all again: 5, 6, … 20 positions are 200, and the last of these steps gives the 21st.
  const again = { cost: { ...at.cost, decoderMib: 50, recomputes: true } };
  expect(config({ num_beams: 1 }, {}, again).maxLength).toBe(21);
  // A MiB for four beams, each of which holds 64 KiB and then 4 KiB a position.
  const memory = { cost: { ...at.cost, positionBytes: 4096, rowBytes: 65_536 } };
  expect(config({}, {}, memory).maxLength).toBe(48);
  // Of that 256 KiB hold what all beams share.
  const shared = { cost: { ...memory.cost, textBytes: 262_144 } };
  expect(config({}, {}, shared).maxLength).toBe(32);
});

test('a length of the whole is meant without a prefix', () => {
  const prefixed = { prefixLength: 3 };
  expect(config({ max_length: 40, min_length: 10 }, {}, prefixed)).toMatchObject({ maxLength: 43, minLength: 13 });
  expect(config({ max_new_tokens: 7, min_new_tokens: 2 }, {}, prefixed)).toMatchObject({ maxLength: 12, minLength: 7 });
});

test('the least of new tokens goes before the least of all', () => {
  expect(config({ min_length: 30 }).minLength).toBe(30);
  expect(config({ min_new_tokens: 3 }, { min_length: 30 }).minLength).toBe(8);
});

test('a least length that the prompt puts over the end is warned of', () => {
  warnings.length = 0;
  expect(config({ min_new_tokens: 5, max_length: 10 }).maxLength).toBe(10);
  expect(warnings).toEqual([]);
  expect(config({ min_new_tokens: 6, max_length: 10 }).maxLength).toBe(10);
  expect(config({ min_length: 11, max_new_tokens: 5 }).maxLength).toBe(10);
  const told = 'the text ends at 10 tokens, prompt included, before the least length of 11';
  expect(warnings).toEqual([told, told]);
});

test('what a request has spent bounds its next text', () => {
  const asked = config({ num_beams: 2, max_new_tokens: 200 });
  const meter = new Meter();
  const left = () => within(asked, 5, at.cost, { limits: at.limits, meter }).maxLength;
  expect(left()).toBe(205);
  meter.count('steps', 290);
  expect(left()).toBe(15);
  meter.count('decoder-mib', 9_979);
  expect(left()).toBe(14);
  meter.count('decoder-mib', 17);
  expect(left()).toBeLessThanOrEqual(5);
});

describe('refused', () => {
  test('a prompt that takes all that a request may spend', () => {
    const cost = { ...at.cost, positionBytes: 65_536 };
    expect(() => config({ num_beams: 4 }, {}, { cost })).toThrow(
      '5 tokens in 4 beams take all that a request may spend; send less text, or set parameters.num_beams lower',
    );
    expect(config({ num_beams: 1 }, {}, { cost }).maxLength).toBe(16);
    const source = { cost: { ...at.cost, rowBytes: 2 ** 19 }, sourceLength: 300 };
    expect(() => config({ num_beams: 4 }, {}, source)).toThrow('305 tokens in 4 beams take all');
  });

  test("a prompt that is longer than the checkpoint's own max_length", () => {
    expect(() => config({}, { max_length: 4 })).toThrow(
      'a text of this model ends at its max_length; 5 tokens are there already (set parameters.max_new_tokens)',
    );
    expect(config({ max_new_tokens: 3 }, { max_length: 4 }).maxLength).toBe(8);
    expect(() => config({ max_length: 1 }, {}, { promptLength: 1 })).toThrow('; 1 token is there already');
  });

  test.each([
    [{ max_new_tokens: 1_000_000 }, 'parameters.max_new_tokens is 1000000; one request takes 300'],
    [{ max_length: 5 }, 'parameters.max_length is 5; 5 tokens are there already (set parameters.max_new_tokens)'],
    [
      { max_new_tokens: 5, min_new_tokens: 6 },
      'min_new_tokens is 6 and parameters.max_new_tokens 5; it must not be more',
    ],
    [{ max_length: 9, min_length: 10 }, 'min_length is 10 and parameters.max_length 9; it must not be more'],
    [{ num_beams: 9 }, 'parameters.num_beams is 9; one request takes 8'],
    [{ do_sample: true }, 'sampling in beams is not offered; set parameters.do_sample to false'],
    [{ do_sample: true, num_beams: 9 }, 'sampling in beams is not offered'],
    [{ suppress_tokens: [99, 100] }, 'parameters.suppress_tokens has 100; the ids of this model are 0 to 99'],
    [{ bad_words_ids: [[1, 200]] }, 'parameters.bad_words_ids has 200'],
    [{ forced_bos_token_id: 100 }, 'parameters.forced_bos_token_id has 100'],
    [{ forced_eos_token_id: [1, 100] }, 'parameters.forced_eos_token_id has 100'],
    [{ do_sample: true, num_beams: 1, num_return_sequences: 9 }, 'num_return_sequences is 9; one request takes 8'],
    [{ num_return_sequences: 5 }, 'num_return_sequences is 5; 4 beams give no more than 4'],
    [{ num_beams: 1, num_return_sequences: 2 }, 'num_return_sequences is 2; greedy decoding gives one'],
  ])('%j', (parameters, message) => {
    expect(() => config(parameters)).toThrow(message);
  });

  test('top_p may be 0, as in the reference', () => {
    expect(config({ top_p: 0 }).topP).toBe(0);
  });

  test.each([
    [{ max_new_tokens: 0 }, 'max_new_tokens must be a whole number from 1'],
    [{ max_new_tokens: -1 }, 'max_new_tokens must be a whole number from 1'],
    [
      { temperature: 0 },
      'temperature must be a number from 0.01 to 100; for the likeliest text set do_sample to false',
    ],
    [{ top_p: 1.1 }, 'top_p must be a number from 0 to 1'],
    [{ typical_p: 0 }, 'typical_p must be a number over 0 and up to 1'],
    [{ early_stopping: 'always' }, 'early_stopping must be true, false or never'],
    [{ bad_words_ids: [[]] }, 'bad_words_ids[0] must have 1 to 32 token ids'],
    [{ bad_words_ids: [1, 2] }, 'bad_words_ids[0] must have 1 to 32 token ids'],
    [{ bad_words_ids: Array(1025).fill([1]) }, 'bad_words_ids must be a list of at most 1024 lists of token ids'],
    [{ suppress_tokens: Array(4097).fill(1) }, 'suppress_tokens must be a list of at most 4096 token ids'],
    [{ length_penalty: 1e300 }, 'length_penalty must be a number from -100 to 100'],
    [{ bad_words_ids: [[-1]] }, 'bad_words_ids[0][0] must be a token id'],
    [{ stop: Array(100).fill('a') }, 'stop must be at most 16 strings of 1 to 256 characters'],
    [{ stop: [''] }, 'stop[0] must be at most 16 strings of 1 to 256 characters'],
    [{ seed: -1 }, 'seed must be a whole number from 0 to 9007199254740991'],
    [{ seed: 2 ** 53 }, 'seed must be a whole number from 0 to 9007199254740991'],
    [{ repetition_penalty: 0 }, 'repetition_penalty must be a number from 0.01 to 100'],
    [{ num_beam: 1 }, 'has no num_beam; it takes max_new_tokens'],
  ])('%j', (parameters, message) => {
    expect(() => asked(parameters)).toThrow(message);
  });
});
