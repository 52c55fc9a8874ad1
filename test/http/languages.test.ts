// Languages of a translation: what is refused, what is warned of, and their names in the route.

import { beforeAll, expect, inject, test } from 'vitest';
import { CATALOGUE_KEY } from '../../shared/model/catalogue.ts';
import { manifestKey } from '../../shared/model/manifest.ts';
import { publishSeeded } from '../seeded/worker.ts';
import { bucket, isolate, post } from './worker.ts';

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

test('a pair that the default does not have is refused; where the model is named it is warned of', async () => {
  const model = 'seeded-marian-translation';
  const manifest = inject('seeded').find(({ name }) => name === model);
  if (!manifest?.generation) throw new Error('Marian writes');
  const generation = { ...manifest.generation, pair: { source: 'fr', target: 'en' } };
  await bucket().put(manifestKey(model), JSON.stringify({ ...manifest, revision: 'pair', generation }));
  const models = [{ name: model, task: 'translation', tags: [] }];
  const catalogue = { format: 1, models, defaults: { translation: model } };
  await bucket().put(CATALOGUE_KEY, JSON.stringify(catalogue));
  const ask = (path: string, body: object) => post(path, { inputs: 'a', ...body }, on);
  const refused = await ask('/v1/translation_en_to_fr', {});
  expect([refused.status, (await refused.json<{ error: string }>()).error]).toEqual([
    422,
    `model ${model}, the default, translates fr to en; name a model of the languages you want in "model"`,
  ]);
  const parameters = { max_new_tokens: 2 };
  expect((await ask('/v1/translation', { parameters: { ...parameters, tgt_lang: 'de' } })).status).toBe(422);
  for (const path of ['/v1/translation', '/v1/translation_fr_to_en', '/v1/translation_fr_XX_to_en_XX']) {
    const response = await ask(path, { parameters });
    expect([response.status, response.headers.get('warning')], path).toEqual([200, null]);
  }
  const written = { parameters: { ...parameters, src_lang: 'FR', tgt_lang: 'en-GB' } };
  expect((await ask('/v1/translation', written)).headers.get('warning')).toBeNull();
  const longer = await ask('/v1/translation_fra_Latn_to_eng_Latn', { parameters });
  expect([longer.status, longer.headers.get('warning')]).toEqual([200, expect.stringContaining('translates fr to en')]);
  const named = await ask('/v1/translation_en_to_fr', { model, parameters });
  expect(named.status).toBe(200);
  expect(named.headers.get('warning')).toContain('translates fr to en; src_lang and tgt_lang change nothing');
});
