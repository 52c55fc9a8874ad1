// What the compiler recognises in graphs as older exporters wrote them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import { importOnnx } from '../../model-assets/engine/import-onnx.ts';
import { readOnnx } from '../../model-assets/engine/onnx-file.ts';
import { GELU_ERF, GELU_TANH } from '../../shared/runtime/engine/command-format.ts';
import { kindsOf } from './kinds.ts';

const FILE = join(import.meta.dirname, '../fixtures/older-exporters/cases.jsonl.gz');
const graphs = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line): { name: string; model: string } => JSON.parse(line));

/** Attentions and norms of each model, its linear layers once those of one input are one, and its GELU. */
const EXPECTED: Readonly<Record<string, readonly [attentions: number, norms: number, layers: number, gelu?: number]>> =
  {
    transformers_bert: [1, 3, 4, GELU_TANH],
    transformers_electra: [1, 3, 5, GELU_ERF],
    transformers_albert: [1, 3, 5, GELU_TANH],
    transformers_roberta: [1, 3, 4, GELU_ERF],
    transformers_distilbert: [1, 3, 4, GELU_ERF],
    bart_encoder: [1, 2, 4, GELU_ERF],
    bart_decoder: [2, 2, 6],
    bart_decoder_step: [2, 2, 6],
    distilbert: [1, 3, 4, GELU_ERF],
    bert: [1, 2, 4, GELU_TANH],
    roberta: [0, 1, 0],
    gpt2: [1, 2, 5, GELU_TANH],
    t5_attention: [1, 1, 2],
  };

test.each(graphs)('$name', ({ name, model }) => {
  const [graph] = importOnnx(readOnnx(Buffer.from(model, 'base64'))).graphs;
  const [attentions, norms, layers, gelu] = EXPECTED[name.replace(/_\d+$/, '')] ?? expect.fail(name);
  if (!graph) expect.fail('no graph');
  const kinds = kindsOf(graph);
  expect([kinds.attention ?? 0, kinds.norm ?? 0, kinds.linear ?? 0]).toEqual([attentions, norms, layers]);
  expect([kinds.softmax, kinds.matmul, kinds.reduce]).toEqual([undefined, undefined, undefined]);
  const activations = fuse(graph).nodes.flatMap(({ operation }) =>
    operation.kind === 'linear' ? [operation.activation] : [],
  );
  expect(activations.filter(Boolean)).toEqual(gelu === undefined ? [] : [gelu]);
});

test('products of batch × heads read queries, keys and values where they lie', () => {
  const encoder = graphs.find(({ name }) => name === 'bart_encoder_11');
  const [graph] = importOnnx(readOnnx(Buffer.from(encoder?.model ?? '', 'base64'))).graphs;
  expect(graph && kindsOf(graph).copy).toBeUndefined();
});
