// Languages of a translation: what is refused, what is warned of, and their names in the route.

import { beforeAll, expect, test } from 'vitest';
import { publishSeeded } from '../seeded/worker.ts';
import { isolate, post } from './worker.ts';

const on = isolate();

beforeAll(() => publishSeeded('translation'));

test('a language that is not there, or is missing', async () => {
  const ask = async (parameters: object, model: string) => {
    const response = await post('/v1/translation', { model, inputs: 'a', parameters }, on);
    expect(response.status).toBe(422);
    return (await response.json<{ error: string }>()).error;
  };
  const mbart = 'seeded-mbart-translation';
  expect(await ask({ src_lang: 'en_XX', tgt_lang: 'xx_XX' }, mbart)).toBe(
    'parameters.tgt_lang is xx_XX; this model knows de_DE, en_XX, fr_XX, ro_RO',
  );
  expect(await ask({}, mbart)).toContain('parameters.src_lang is missing');
  // Names that every object has.
  expect(await ask({ src_lang: 'constructor', tgt_lang: 'fr_XX' }, mbart)).toContain('src_lang is constructor');
  expect(await ask({ src_lang: 'en_XX', tgt_lang: 'toString' }, mbart)).toContain('tgt_lang is toString');
  const t5 = 'seeded-t5-translation';
  expect(await ask({ src_lang: 'fr', tgt_lang: 'en' }, t5)).toBe(
    'there is no fr to en; this model translates en to de, en to fr',
  );
  expect(await ask({ src_lang: 'en' }, t5)).toContain('src_lang and tgt_lang go together');
});

test.each([
  ['where a model has one pair', 'marian', { src_lang: 'de', tgt_lang: 'zz' }, 'translates one pair of languages'],
  ['where a model has several', 't5', {}, 'no languages were given; this is translation_en_to_de'],
])('languages that nobody looks at are warned of, %s', async (_, architecture, languages, message) => {
  const ask = async (more: object) => {
    const parameters = { max_new_tokens: 2, ...more };
    const model = `seeded-${architecture}-translation`;
    return (await post('/v1/translation', { model, inputs: 'a', parameters }, on)).headers.get('warning');
  };
  expect(await ask(languages)).toContain(message);
  expect(await ask(architecture === 'marian' ? {} : { src_lang: 'en', tgt_lang: 'fr' })).toBeNull();
});

test('languages in the route, with and without their countries', async () => {
  const ask = async (path: string, parameters: object) => {
    const body = { model: 'seeded-mbart-translation', inputs: 'a', parameters: { max_new_tokens: 5, ...parameters } };
    return (await post(path, body, on)).json();
  };
  const expected = await ask('/v1/translation', { src_lang: 'en_XX', tgt_lang: 'fr_XX' });
  expect(expected).toMatchObject([{ translation_text: expect.any(String) }]);
  expect(await ask('/v1/translation_en_to_fr', {})).toEqual(expected);
  expect(await ask('/v1/translation_en_XX_to_fr_XX', {})).toEqual(expected);
  expect(await ask('/v1/translation_en_XX_to_de_DE', {})).not.toEqual(expected);
});
