// Lists of a body are counted before a schema reads them.

import { beforeAll, describe, expect, test } from 'vitest';
import { checkLists } from '../../shared/http/check-lists.ts';
import { parseSettings } from '../../shared/http/settings.ts';
import { isolate, post, publishTinyBert } from './worker.ts';

const { limits } = parseSettings(isolate({ MAX_INPUTS: '8', MAX_TOKENS: '100' }));
const refused = (body: Record<string, unknown>) => () => checkLists(body, limits);

describe('what is counted', () => {
  test('ids with their mask and their types, as many as tokens are taken', () => {
    const rows = Array(8).fill(Array(12).fill(1));
    expect(refused({ input_ids: rows, attention_mask: rows, token_type_ids: rows })).not.toThrow();
  });

  test.each([
    ['one long list', { input_ids: Array(401).fill(1) }],
    ['many short ones', { input_ids: Array(8).fill(Array(51).fill(1)) }],
    ['one in an object', { parameters: { targets: Array(401).fill('a') } }],
    ['one in a list', { inputs: [{ words: Array(401).fill('a') }] }],
  ])('%s', (_, body) => {
    expect(refused(body)).toThrow('the lists of the body have more than 400 entries; send fewer a request');
  });

  test('inputs have a bound of their own', () => {
    expect(refused({ inputs: Array(9).fill('a') })).toThrow('inputs has 9 entries; one request takes 8');
  });

  test('nesting deeper than a stack', () => {
    const depth = 100_000;
    const body = { inputs: JSON.parse('['.repeat(depth) + ']'.repeat(depth)) };
    expect(refused(body)).toThrow('more than 400 entries');
  });
});

describe('through a route', () => {
  const on = isolate();
  beforeAll(async () => void (await publishTinyBert()));

  test.each([
    ['/v1/detokenize', { input_ids: Array(400_000).fill(1) }],
    ['/v1/tokenize', { inputs: 'a', offset_unit: Array(400_000).fill(1) }],
    ['/v1/zero-shot-classification', { inputs: 'a', parameters: { candidate_labels: Array(400_000).fill(1) } }],
  ])('%s', async (path, body) => {
    const response = await post(path, { model: 'tiny-bert', ...body }, on);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      error: 'the lists of the body have more than 65536 entries; send fewer a request',
    });
  });
});
