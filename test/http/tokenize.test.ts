// POST /v1/tokenize and back. Golden: Hugging Face tokenizers (fixtures/encodings/generate.py), and what the course prints.

import { beforeAll, describe, expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { isolateOf } from '../../shared/http/isolate.ts';
import { blobKey } from '../../shared/model/manifest.ts';
import goldens from '../fixtures/encodings/goldens.json';
import { bucket, isolate, post, publishTinyBert } from './worker.ts';

interface Tokenized {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly token_type_ids: number[][];
  readonly tokens: string[][];
  readonly offsets: [number, number][][];
}

const on = isolate();
beforeAll(async () => void (await publishTinyBert()));

async function tokenize(body: object): Promise<Tokenized> {
  const response = await post('/v1/tokenize', { model: 'tiny-bert', ...body }, on);
  expect(response.status).toBe(200);
  return response.json<Tokenized>();
}

async function refusal(path: string, body: object, status = 422): Promise<string> {
  const response = await post(path, { model: 'tiny-bert', ...body }, on);
  expect(response.status).toBe(status);
  return (await response.json<{ error: string }>()).error;
}

test('ids, types and places as the reference gives them, alone and in pairs', async () => {
  const whole = goldens.windows.flatMap(({ text, pair, windows }) =>
    windows?.length === 1 ? [{ text, pair, expected: windows[0] }] : [],
  );
  const inputs = whole.map(({ text, pair }) => (pair === null ? text : { text, text_pair: pair }));
  const found = await tokenize({ inputs: inputs.slice(0, 100), offset_unit: 'utf16' });
  whole.slice(0, 100).forEach(({ expected }, i) => {
    expect(found.input_ids[i]).toEqual(expected?.ids);
    expect(found.token_type_ids[i]).toEqual(expected?.typeIds);
    expect(found.attention_mask[i]).toEqual(expected?.attentionMask);
    expect(found.offsets[i]?.flat()).toEqual(expected?.offsets);
  });
  expect(whole.length).toBeGreaterThan(20);
});

test('padded, cut, without special tokens; places in code points', async () => {
  const inputs = ['🙂 I love it', 'a'];
  const padded = await tokenize({ inputs, padding: true });
  expect(new Set(padded.input_ids.map(({ length }) => length)).size).toBe(1);
  expect(padded.attention_mask[1]?.filter((x) => x === 0).length).toBeGreaterThan(0);
  expect(padded.tokens[1]?.at(-1)).toBe('[PAD]');
  const bare = await tokenize({ inputs, add_special_tokens: false });
  expect(bare.offsets[0]?.find(([start]) => start > 0)).toEqual([2, 3]);
  const cut = await tokenize({ inputs, truncation: true, max_length: 4 });
  expect(cut.input_ids[0]).toHaveLength(4);
});

test('back again', async () => {
  const { input_ids } = await tokenize({ inputs: ['the bridge was quiet', ''] });
  const back = async (body: object) =>
    (await (await post('/v1/detokenize', { model: 'tiny-bert', ...body }, on)).json<{ texts: string[] }>()).texts;
  expect(await back({ input_ids, skip_special_tokens: true })).toEqual(['the bridge was quiet', '']);
  expect(await back({ input_ids: input_ids[1] })).toEqual(['[CLS] [SEP]']);
  expect(await back({ input_ids: [] })).toEqual([]);
});

test('opens the tokenizer, and not the model', async () => {
  const fresh = isolate();
  expect((await post('/v1/tokenize', { inputs: 'a', model: 'tiny-bert' }, fresh)).status).toBe(200);
  expect(isolateOf(fresh).models.open).toEqual([]);
});

describe('bad input', () => {
  test.each([
    ['/v1/tokenize', {}, 'inputs must be a string, an object with text and text_pair'],
    ['/v1/tokenize', { inputs: 'a', max_length: 3 }, 'max_length cuts only with truncation; set truncation to true'],
    ['/v1/tokenize', { inputs: 'a', stride: 3 }, 'the body has no stride; it takes inputs, padding'],
    ['/v1/detokenize', { input_ids: [[1, 1e6]] }, 'input_ids[0][1] is 1000000; the ids of this model are below'],
    ['/v1/detokenize', { input_ids: [-1] }, 'input_ids'],
    ['/v1/detokenize', { input_ids: 'a' }, 'input_ids must be a list of token ids'],
  ])('%s %j', async (path, body, message) => {
    expect(await refusal(path, body)).toContain(message);
  });

  test('no model, and too many tokens', async () => {
    expect(await refusal('/v1/tokenize', { inputs: 'a', model: null }, 404)).toContain('name one in "model"');
    expect(await refusal('/v1/tokenize', { inputs: 'a '.repeat(20_000) }, 413)).toContain(
      '20002 tokens; one request takes',
    );
    expect(await refusal('/v1/detokenize', { input_ids: Array(20_000).fill(1) }, 413)).toContain('20000 tokens');
    const unequal = ['a '.repeat(1_000), ...Array(20).fill('a')];
    expect(await refusal('/v1/tokenize', { inputs: unequal, padding: true }, 413)).toBe(
      'the inputs have 17034 tokens, padded to the longest; one request takes 16384',
    );
  });
});

const shared = inject('sharedTokenizers');
const course = inject('courseTokenizers');

test.skipIf(shared === null || course === null)("the course's examples", async () => {
  const compiled = compileTokenizer(shared?.uncasedJson ?? '');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', compiled));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const tokenizer = { sha256, bytes: compiled.byteLength };
  await publishTinyBert({ name: 'bert-base-uncased', revision: 'course', tokenizer });
  await bucket().put(blobKey(tokenizer), compiled);
  for (const { inputs, input_ids } of course ?? []) {
    expect((await tokenize({ inputs, model: 'bert-base-uncased' })).input_ids).toEqual(input_ids);
  }
});
