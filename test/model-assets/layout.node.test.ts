// File lists as repositories of the Hub's Xenova/* and onnx-community/* have them, and what is taken of each.

import { describe, expect, test } from 'vitest';
import { chooseLayout, toDtype } from '../../model-assets/layout.ts';

const TEXTS = ['.gitattributes', 'README.md', 'config.json', 'tokenizer.json', 'tokenizer_config.json', 'vocab.txt'];
const SUFFIXES = ['', '_bnb4', '_fp16', '_int8', '_q4', '_q4f16', '_quantized', '_uint8'];
const files = (...stems: string[]) => [
  ...TEXTS,
  ...stems.flatMap((stem) => SUFFIXES.map((suffix) => `onnx/${stem}${suffix}.onnx`)),
];
const encoder = files('model');
const seq2seq = files('encoder_model', 'decoder_model', 'decoder_model_merged', 'decoder_with_past_model');
const decoder = files('decoder_model', 'decoder_model_merged', 'decoder_with_past_model');
const READS = { rewrites: false };
const REWRITES = { rewrites: true };

describe('what is taken where nothing is asked for', () => {
  test('an encoder', () => {
    expect(chooseLayout(encoder, READS)).toEqual({
      dtype: 'q8',
      graphs: [{ name: 'model', path: 'onnx/model_quantized.onnx' }],
    });
  });

  test('an encoder and a merged decoder', () => {
    expect(chooseLayout(seq2seq, REWRITES).graphs).toEqual([
      { name: 'encoder', path: 'onnx/encoder_model_quantized.onnx' },
      { name: 'decoder', path: 'onnx/decoder_model_merged_quantized.onnx' },
    ]);
  });

  test('a split decoder where there is no merged one', () => {
    const split = seq2seq.filter((path) => !path.includes('merged'));
    expect(chooseLayout(split, REWRITES).graphs.map(({ name }) => name)).toEqual([
      'encoder',
      'decoder',
      'decoder_with_past',
    ]);
  });

  test('a decoder alone', () => {
    expect(chooseLayout(decoder, READS).graphs).toEqual([
      { name: 'decoder', path: 'onnx/decoder_model_merged_quantized.onnx' },
    ]);
  });

  test('a decoder alone that is called model goes before the others', () => {
    expect(chooseLayout([...decoder, ...encoder], READS).graphs.map(({ path }) => path)).toEqual([
      'onnx/model_quantized.onnx',
    ]);
  });

  test('the first type that is whole: the encoder of one type and the decoder of another are none', () => {
    const lacking = seq2seq.filter((path) => path !== 'onnx/encoder_model_quantized.onnx');
    expect(chooseLayout(lacking, REWRITES).dtype).toBe('int8');
  });

  test('graphs beside config.json', () => {
    expect(chooseLayout(['config.json', 'model.onnx'], READS)).toEqual({
      dtype: 'fp32',
      graphs: [{ name: 'model', path: 'model.onnx' }],
    });
  });
});

test.each([
  ['fp32', 'onnx/model.onnx'],
  ['fp16', 'onnx/model_fp16.onnx'],
  ['int8', 'onnx/model_int8.onnx'],
  ['uint8', 'onnx/model_uint8.onnx'],
  ['q8', 'onnx/model_quantized.onnx'],
  ['q4', 'onnx/model_q4.onnx'],
  ['q4f16', 'onnx/model_q4f16.onnx'],
  ['bnb4', 'onnx/model_bnb4.onnx'],
])('%s is %s', (dtype, path) => {
  expect(chooseLayout(encoder, { ...READS, dtype: toDtype(dtype) }).graphs).toEqual([{ name: 'model', path }]);
});

describe('refused, with what there is', () => {
  test('a type that is not there', () => {
    const paths = ['onnx/model.onnx', 'onnx/model_quantized.onnx'];
    expect(() => chooseLayout(paths, { ...READS, dtype: 'uint8' })).toThrow('of dtype uint8; there are q8, fp32');
  });

  test('a type that is none', () => {
    expect(() => toDtype('int4')).toThrow('--dtype is int4; it takes q8, int8, uint8, fp32, q4, bnb4, q4f16, fp16');
  });

  test('an encoder without its decoder', () => {
    const lone = ['onnx/encoder_model.onnx'];
    expect(() => chooseLayout(lone, REWRITES)).toThrow('the ONNX files are onnx/encoder_model.onnx');
  });

  test('a repository of PyTorch weights', () => {
    expect(() => chooseLayout(['config.json', 'model.safetensors'], READS)).toThrow('there is no ONNX file at all');
  });
});
