// What a checkpoint's other files say: pooling and prompts, lengths, the mask, the decoder; and what is refused by name.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../model-assets/checkpoint.ts';

const SEEDED = join(import.meta.dirname, '..', 'model-assets', 'seeded');
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  return () => rm(folder, { recursive: true });
});

async function start(name: string): Promise<void> {
  await cp(join(SEEDED, name), folder, { recursive: true });
}

async function write(file: string, content: unknown): Promise<void> {
  await mkdir(join(folder, file, '..'), { recursive: true });
  await writeFile(join(folder, file), JSON.stringify(content));
}

async function edit(file: string, change: (json: Record<string, unknown>) => object): Promise<void> {
  await write(file, change(JSON.parse(await readFile(join(folder, file), 'utf8'))));
}

const manifest = async () => (await readCheckpoint(folder, 'x')).manifest;

describe('sentence-transformers', () => {
  beforeEach(() => start('seeded-bert-feature-extraction'));
  const modules = (...kinds: string[]) =>
    kinds.map((kind, idx) => ({
      idx,
      path: idx === 0 ? '' : `${idx}_${kind}`,
      type: `sentence_transformers.models.${kind}`,
    }));

  test('a folder that is none has no embedding of its own', async () => {
    expect((await manifest()).embedding).toBeNull();
  });

  test.each([
    ['pooling_mode_mean_tokens', 'mean'],
    ['pooling_mode_cls_token', 'cls'],
    ['pooling_mode_lasttoken', 'last'],
  ])('%s is %s', async (mode, pooling) => {
    await write('modules.json', modules('Transformer', 'Pooling', 'Normalize'));
    await write('1_Pooling/config.json', { word_embedding_dimension: 16, [mode]: true, include_prompt: true });
    expect((await manifest()).embedding).toEqual({ pooling, normalize: true, prompts: {}, defaultPrompt: null });
  });

  test('no Normalize, prompts, a default one, a shorter length', async () => {
    await write('modules.json', modules('Transformer', 'Pooling'));
    await write('1_Pooling/config.json', { pooling_mode_mean_tokens: true });
    await write('config_sentence_transformers.json', { prompts: { query: 'find: ' }, default_prompt_name: 'query' });
    await write('sentence_bert_config.json', { max_seq_length: 64, do_lower_case: false });
    const { embedding, maxLength } = await manifest();
    expect(embedding).toEqual({
      pooling: 'mean',
      normalize: false,
      prompts: { query: 'find: ' },
      defaultPrompt: 'query',
    });
    expect(maxLength).toBe(64);
  });

  test.each([
    [modules('Transformer', 'Pooling', 'Dense'), {}, 'no module Dense'],
    [modules('Transformer', 'Pooling'), { pooling_mode_max_tokens: true }, 'cannot pool by pooling_mode_max_tokens'],
    [
      modules('Transformer', 'Pooling'),
      { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true },
      'cannot pool by pooling_mode_cls_token and pooling_mode_mean_tokens',
    ],
    [modules('Transformer', 'Pooling'), { include_prompt: false }, 'include_prompt must be true'],
  ])('refused: %j %j', async (list, pooling, message) => {
    await write('modules.json', list);
    await write('1_Pooling/config.json', pooling);
    await expect(manifest()).rejects.toThrow(message);
  });
});

describe('pieces', () => {
  beforeEach(() => start('seeded-bert-fill-mask'));

  test('the mask of tokenizer_config.json, and without it the one that the added tokens name', async () => {
    expect((await manifest()).pieces).toEqual({
      continuingSubwordPrefix: '##',
      unknownId: 1,
      maskId: 4,
      padId: 0,
      clsId: 2,
    });
    await edit('tokenizer_config.json', (json) => ({ ...json, mask_token: { content: '[SEP]' } }));
    expect((await manifest()).pieces.maskId).toBe(3);
    await rm(join(folder, 'tokenizer_config.json'));
    expect((await manifest()).pieces.maskId).toBe(4);
    await write('special_tokens_map.json', { mask_token: { content: '[CLS]' } });
    expect((await manifest()).pieces.maskId).toBe(2);
  });

  test('the case of tokenizer_config.json goes before that of tokenizer.json', async () => {
    const { sha256: cased } = (await manifest()).tokenizer;
    await edit('tokenizer_config.json', (json) => ({ ...json, do_lower_case: true, strip_accents: null }));
    const { sha256: uncased } = (await manifest()).tokenizer;
    expect(uncased).not.toBe(cased);
    await rm(join(folder, 'tokenizer_config.json'));
    await edit('tokenizer.json', (json) => ({
      ...json,
      normalizer: { ...(json.normalizer as object), lowercase: true, strip_accents: null },
    }));
    expect((await manifest()).tokenizer.sha256).toBe(uncased);
  });

  test('the shorter of what model and tokenizer take', async () => {
    await edit('tokenizer_config.json', (json) => ({ ...json, model_max_length: 100 }));
    expect((await manifest()).maxLength).toBe(100);
    await edit('tokenizer_config.json', (json) => ({ ...json, model_max_length: 1e30 }));
    expect((await manifest()).maxLength).toBe(128);
  });

  test('the side that is cut: of tokenizer_config.json, then of tokenizer.json, and otherwise the right', async () => {
    expect((await manifest()).truncationSide).toBeUndefined();
    await edit('tokenizer.json', (json) => ({ ...json, truncation: { direction: 'Left', max_length: 64 } }));
    expect((await manifest()).truncationSide).toBe('left');
    await edit('tokenizer_config.json', (json) => ({ ...json, truncation_side: 'right' }));
    expect((await manifest()).truncationSide).toBeUndefined();
  });

  test('positions that come after that of padding do not count', async () => {
    await edit('config.json', (json) => ({ ...json, model_type: 'roberta', pad_token_id: 1 }));
    expect((await manifest()).maxLength).toBe(126);
  });

  test('a decoder that is not known', async () => {
    await edit('tokenizer.json', (json) => ({ ...json, decoder: { type: 'CTC' } }));
    await expect(manifest()).rejects.toThrow('CTC');
  });
});

describe('the task', () => {
  beforeEach(() => start('seeded-bert-zero-shot-classification'));
  const card = (task: string) =>
    writeFile(join(folder, 'README.md'), `---\nlicense: mit\nbase_model: none\npipeline_tag: ${task}\n---\nText.\n`);

  test('is the one of the card, where the head serves several', async () => {
    await card('text-classification');
    expect((await manifest()).task).toBe('text-classification');
    await card('fill-mask');
    // A card that names another task says nothing of this head's.
    await expect(manifest()).rejects.toThrow(
      "the card's pipeline_tag is fill-mask; say --task text-classification or zero-shot-classification",
    );
  });

  test('is the one that was asked for, whatever the card says, and only one that the head serves', async () => {
    const asked = async (task: string) => (await readCheckpoint(folder, 'x', { task })).manifest.task;
    expect(await asked('text-classification')).toBe('text-classification');
    await expect(asked('fill-mask')).rejects.toThrow(
      '--task is fill-mask; BertForSequenceClassification serves text-classification, zero-shot-classification',
    );
  });

  test('is told by the labels where there is no card: without an entailment it is no zero-shot', async () => {
    await rm(join(folder, 'README.md'));
    await expect(manifest()).rejects.toThrow('no card says which; say --task');
    await edit('config.json', (json) => ({ ...json, id2label: { 0: 'NO', 1: 'YES', 2: 'MAYBE' } }));
    expect((await manifest()).task).toBe('text-classification');
  });

  test('zero-shot needs an entailment', async () => {
    await edit('config.json', (json) => ({ ...json, id2label: { 0: 'NO', 1: 'YES', 2: 'MAYBE' } }));
    await expect(manifest()).rejects.toThrow(
      'needs a label that begins with entail; id2label of config.json has NO, YES, MAYBE',
    );
  });
});

describe('the card', () => {
  beforeEach(() => start('seeded-bert-fill-mask'));
  const card = (text: string) => writeFile(join(folder, 'README.md'), text);

  test('is not needed', async () => {
    await rm(join(folder, 'README.md'));
    expect(await manifest()).toMatchObject({ license: 'unknown', origin: 'x', description: '', tags: [] });
  });

  test('as the Hub has them: several origins, HTML before the prose, lines of Windows', async () => {
    const yaml = '---\r\nlicense: mit\r\nbase_model:\r\n- a/b\r\n- c/d\r\n---\r\n';
    await card(`${yaml}\r\n# Title\r\n\r\n<img src="x">\r\n\r\nFirst\r\nparagraph.\r\n\r\nSecond.`);
    expect(await manifest()).toMatchObject({ license: 'mit', origin: 'a/b, c/d', description: 'First paragraph.' });
  });

  test('without front matter is prose', async () => {
    await card('Only words.\n');
    expect(await manifest()).toMatchObject({ license: 'unknown', description: 'Only words.' });
  });

  test('with a front matter that is none is refused', async () => {
    await card('---\ntags: {a: [}\n---\n');
    await expect(manifest()).rejects.toThrow('README.md: its front matter is not what the Hub reads');
  });
});

describe('generation_config.json', () => {
  const WRITER = join(SEEDED, '..', 'seeded-writing', 'seeded-gpt2-text-generation');
  beforeEach(() => cp(WRITER, folder, { recursive: true }));

  test('renormalize_logits counts, though it is no parameter', async () => {
    expect((await manifest()).generation?.renormalize).toBe(false);
    await edit('generation_config.json', (json) => ({ ...json, renormalize_logits: true }));
    expect((await manifest()).generation?.renormalize).toBe(true);
  });

  test('capitals_from_source counts, though it is no parameter', async () => {
    expect((await manifest()).generation?.capitalsFromSource).toBe(false);
    await edit('generation_config.json', (json) => ({ ...json, capitals_from_source: true }));
    expect((await manifest()).generation?.capitalsFromSource).toBe(true);
  });

  test('the pair of languages is what tokenizer_config.json names, unless one is a group of them', async () => {
    expect((await manifest()).generation?.pair).toBeNull();
    const say = (target_lang: string) =>
      edit('tokenizer_config.json', (json) => ({ ...json, source_lang: 'fr', target_lang }));
    await say('en');
    expect((await manifest()).generation?.pair).toEqual({ source: 'fr', target: 'en' });
    await say('mul');
    expect((await manifest()).generation?.pair).toBeNull();
  });

  test('what changes texts and is not offered is refused, by name', async () => {
    await edit('generation_config.json', (json) => ({ ...json, min_p: 0, guidance_scale: null, num_beam_groups: 1 }));
    await manifest();
    await edit('generation_config.json', (json) => ({ ...json, encoder_no_repeat_ngram_size: 3 }));
    await expect(manifest()).rejects.toThrow('encoder_no_repeat_ngram_size is 3, which is not offered');
  });
});

describe('refused', () => {
  beforeEach(() => cp(join(import.meta.dirname, 'fixtures', 'tiny-bert'), folder, { recursive: true }));

  test('a head that no task runs on', async () => {
    await edit('config.json', (json) => ({ ...json, architectures: ['BertForMultipleChoice'] }));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow('no task runs on BertForMultipleChoice');
  });

  test('a graph without the file of its weights', async () => {
    await rm(join(folder, 'model.onnx.data'));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow(
      'model.onnx keeps weights in model.onnx.data, which is not there',
    );
  });

  test('labels with a gap', async () => {
    await edit('config.json', (json) => ({ ...json, id2label: { 0: 'A', 2: 'C' } }));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow('id2label has no label for 1');
  });

  test('a component of the tokenizer that is not known', async () => {
    await edit('tokenizer.json', (json) => ({ ...json, normalizer: { type: 'Rot13' } }));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow('Rot13');
  });

  test.each([
    ['config.json', { model_type: 'bert', architectures: null }, 'architectures: expected array, received null'],
    ['tokenizer_config.json', { model_max_length: '512' }, 'model_max_length: expected number, received string'],
    ['tokenizer_config.json', { mask_token: 4 }, 'mask_token: expected string or an object with its content'],
    ['modules.json', { 0: {} }, 'expected array, received object'],
  ])('%s that is %j', async (file, content, said) => {
    await write(file, content);
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow(`${join(folder, file)}: ${said}`);
  });

  test.each(['config.json', 'tokenizer.json', 'tokenizer_config.json'])('%s with a comma too many', async (file) => {
    await writeFile(join(folder, file), '{"model_type": "bert",}');
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow(`${file} is no JSON: `);
  });

  test.each(['config.json', 'tokenizer.json', 'model.onnx'])('no %s', async (file) => {
    await rm(join(folder, file));
    await expect(readCheckpoint(folder, 'x')).rejects.toThrow(file);
  });
});
