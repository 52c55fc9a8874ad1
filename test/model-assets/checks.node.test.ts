// What is refused before anything is published, with what was found and what would do.

import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Checkpoint, type Choices, readCheckpoint } from '../../model-assets/checkpoint.ts';
import { checkGraphs, type Signatures } from '../../model-assets/checks/check-graphs.ts';
import { memoryOf, reckon } from '../../model-assets/checks/memory.ts';
import { tryOut } from '../../model-assets/checks/try-out.ts';
import { bytesOf } from '../../model-assets/content.ts';
import type { OnnxValue } from '../../model-assets/engine/onnx-file.ts';
import type { Signature } from '../../model-assets/engine/signature.ts';
import { Host } from '../../model-assets/host/start-host.ts';
import { positionsAtOnce } from '../../shared/generate/decoding.ts';
import { GROWN } from '../../shared/runtime/engine/cache-room.ts';
import { loadEngine } from '../../shared/runtime/engine/load-engine.ts';
import { engineModule } from '../engine-compiler/run-graph.ts';
import { TINY } from './servers/published.ts';

const ASSETS = join(import.meta.dirname, '..', '..', 'model-assets');
const seeded = (name: string) =>
  join(ASSETS, name.includes('gpt2') || name.includes('t5') ? 'seeded-writing' : 'seeded', `seeded-${name}`);
const MIB = 2 ** 20;
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checks-'));
  return () => rm(folder, { recursive: true });
});

/** A checkpoint, its config.json changed. */
async function changed(from: string, config: object, choices: Choices = {}): Promise<Checkpoint> {
  await cp(from, folder, { recursive: true });
  const path = join(folder, 'config.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...config }));
  await rm(join(folder, 'README.md'), { force: true });
  return readCheckpoint(folder, 'x', choices);
}

const check = ({ manifest, signatures }: Checkpoint) => checkGraphs(manifest, signatures);

describe('graphs that do not fit', () => {
  test.each([
    [
      'bert-feature-extraction',
      'BertForQuestionAnswering',
      'the graph gives last_hidden_state; question-answering reads start_logits and end_logits',
    ],
    [
      'bert-question-answering',
      'BertForTokenClassification',
      'the graph gives start_logits, end_logits; token-classification reads logits',
    ],
    ['bert-token-classification', 'BertModel', 'the graph gives logits; feature-extraction reads last_hidden_state'],
  ])('%s as %s', async (name, architecture, message) => {
    const checkpoint = await changed(seeded(name), { architectures: [architecture] });
    expect(() => check(checkpoint)).toThrow(message);
  });

  test('labels for other logits', async () => {
    const checkpoint = await changed(seeded('bert-text-classification'), { id2label: { 0: 'A', 1: 'B' } });
    expect(() => check(checkpoint)).toThrow(
      'the graph gives 4 logits; id2label of config.json names 2 labels (A, B), and must name each',
    );
  });

  test('a masked model without a mask', async () => {
    const { manifest, signatures } = await readCheckpoint(seeded('bert-fill-mask'), 'x');
    const blind = { ...manifest, pieces: { ...manifest.pieces, maskId: null } };
    expect(() => checkGraphs(blind, signatures)).toThrow(
      'fill-mask needs a mask; tokenizer_config.json must say mask_token',
    );
  });

  test('every seeded checkpoint fits', async () => {
    for (const name of [
      'bert-text-classification',
      'roberta-fill-mask',
      'gpt2-text-generation',
      'gpt2-merged-text-generation',
      't5-translation',
    ]) {
      check(await readCheckpoint(seeded(name), 'x'));
    }
  });

  const value = (name: string, dims: OnnxValue['dims'] = []): OnnxValue => ({ name, type: 1, dims });
  const signature = (
    inputs: readonly OnnxValue[],
    outputs: readonly OnnxValue[],
    operators = ['MatMul'],
  ): Signature => ({
    inputs,
    outputs,
    operators: new Set(operators),
    weightFiles: [],
  });
  const IDS = value('input_ids', ['batch', 'tokens']);

  test.each<[string, Signatures, string]>([
    [
      'bert-text-classification',
      { model: signature([IDS, value('pixel_values')], [value('logits')]) },
      'graph model takes pixel_values; for text-classification it is fed input_ids, attention_mask, token_type_ids',
    ],
    [
      'bert-text-classification',
      { model: signature([value('inputs_embeds')], [value('logits')]) },
      'graph model takes inputs_embeds and no input_ids',
    ],
    [
      'bert-text-classification',
      { model: signature([IDS], [value('logits')], ['MatMul', 'com.microsoft.Gelu', 'my.domain.Rot13']) },
      'graph model has operators that neither engine knows: my.domain.Rot13',
    ],
    [
      'gpt2-text-generation',
      { model: signature([IDS, value('past_key_values.0.key', ['batch', 'heads', 'past', 8])], [value('logits')]) },
      'takes past_key_values.0.key [batch, heads, past, 8]; the second and the last size must be numbers',
    ],
    [
      'gpt2-text-generation',
      { model: signature([IDS, value('past_key_values.0.key', ['batch', 2, 'past', 8])], [value('logits')]) },
      'takes past_key_values.0.key and does not give present.0.key',
    ],
    [
      't5-translation',
      { encoder: signature([IDS], [value('pooler_output')]), decoder: signature([IDS], [value('logits')]) },
      'graph encoder gives pooler_output; last_hidden_state is read',
    ],
    [
      't5-translation',
      { encoder: signature([IDS], [value('last_hidden_state')]), decoder: signature([IDS], [value('scores')]) },
      'graph decoder gives scores; translation reads logits',
    ],
  ])('%s: %#', async (name, signatures, message) => {
    const { manifest } = await readCheckpoint(seeded(name), 'x');
    expect(() => checkGraphs(manifest, signatures)).toThrow(message);
  });

  test('a decoder of which nobody says how it begins', async () => {
    const { manifest, signatures } = await readCheckpoint(seeded('t5-translation'), 'x');
    const generation = manifest.generation && { ...manifest.generation, decoderStartId: null };
    expect(() => checkGraphs({ ...manifest, generation }, signatures)).toThrow(
      'config.json must say decoder_start_token_id',
    );
  });
});

describe('memory', () => {
  test('what is reckoned is what an instance has', async () => {
    for (const path of [TINY, join(ASSETS, 'checkpoints', 'minilm-sst2')]) {
      const checkpoint = await readCheckpoint(path, 'x');
      const { terms, work } = await memoryOf(checkpoint);
      const { engine, tokenizer } = checkpoint.manifest;
      const content = engine.name === 'edge' ? checkpoint.blobs.get(engine.program.sha256) : undefined;
      const bytes = await bytesOf(content ?? expect.fail('no program'));
      const all = (async function* () {
        yield bytes;
      })();
      const { instance, sessions } = await loadEngine(engineModule(), all, bytes.byteLength);
      const resident = terms.reduce((sum, term) => sum + term.bytes, 0) - tokenizer.bytes;
      for (const { tokens, bytes: more } of work) {
        const feeds = { data: new BigInt64Array(tokens).fill(1n), dims: [1, tokens] };
        const { model } = sessions;
        await model?.run(Object.fromEntries(model.inputs.map((name) => [name, feeds])));
        // Memory grows by pages.
        expect(Math.abs(instance.bytes - resident - more), `${path}, ${tokens} tokens`).toBeLessThan(4 * 65_536);
      }
      expect(work.at(-1)?.tokens).toBe(Math.min(512, checkpoint.manifest.maxLength));
    }
  });

  test('a decoder reads a long text in parts, and beyond one of them it is its caches that grow', async () => {
    const folder = join(ASSETS, 'checkpoints', 'gpt-books');
    const {
      n_layer: layers,
      n_embd: size,
      vocab_size: words,
    } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    const { work } = await memoryOf(await readCheckpoint(folder, 'x'));
    const [short, long] = work;
    expect([short?.tokens, long?.tokens]).toEqual([128, 512]);
    const caches = GROWN.perToken * 2 * 4 * layers * size * (512 - 128);
    const grown = (long?.bytes ?? 0) - (short?.bytes ?? 0);
    expect(grown / caches).toBeGreaterThanOrEqual(1);
    expect(grown / caches).toBeLessThan(1.1);
    // Of its scores there are those of one token at a time.
    expect(short?.bytes).toBeLessThan(positionsAtOnce(words, true) * 4 * words);
    const marian = await memoryOf(await readCheckpoint(join(ASSETS, 'checkpoints', 'marian-fr-en'), 'x'));
    expect(marian.work[0]?.bytes).toBeLessThan(128 * 4 * 10_000);
  });

  test('the arithmetic is shown, and what is too much is refused', () => {
    const memory = {
      terms: [
        { what: 'weights', bytes: 90 * MIB },
        { what: 'tokenizer', bytes: MIB },
      ],
      work: [
        { tokens: 128, bytes: 4 * MIB },
        { tokens: 512, bytes: 16 * MIB },
      ],
    };
    const { lines, fault } = reckon(memory, 96);
    expect(lines).toEqual([
      'memory: 90.0 MiB weights + 1.0 MiB tokenizer = 91.0 MiB',
      '  128 tokens: + 4.0 MiB = 95.0 MiB',
      "  512 tokens: + 16.0 MiB = 107.0 MiB: more than the 96 MiB that models may hold (WASM_BUDGET_MIB) of the isolate's 128 MB",
    ]);
    expect(fault).toBeUndefined();
    expect(reckon(memory, 94).fault).toContain('it takes 95.0 MiB with a text of 128 tokens, more than the 94 MiB');
  });

  test('of onnxruntime-web it is an estimate by what lies in the graph and beside it', async () => {
    const { terms } = await memoryOf(await readCheckpoint(TINY, 'x', { engine: 'onnxruntime-web' }));
    expect(terms.map(({ what }) => what)).toEqual([
      'onnxruntime-web',
      '2.15 × 0.0 MiB of graphs',
      '1.05 × 0.8 MiB of weights',
      'tokenizer',
    ]);
  });
});

describe('the trial run', () => {
  const host = new Host();
  afterAll(() => host.close());

  test.each([
    'bert-text-classification',
    'bert-token-classification',
    'bert-question-answering',
    'roberta-fill-mask',
    'bert-zero-shot-classification',
    'bert-feature-extraction',
    'gpt2-text-generation',
    't5-summarization',
    't5-translation',
  ])('%s answers', async (name) => {
    await tryOut(await readCheckpoint(seeded(name), name), seeded(name), host);
  });

  test('weights that give no numbers', async () => {
    await cp(TINY, folder, { recursive: true });
    const weights = join(folder, 'model.onnx.data');
    await writeFile(weights, Buffer.alloc((await stat(weights)).size, 0xff));
    const tried = tryOut(await readCheckpoint(folder, 'x'), folder, host);
    await expect(tried).rejects.toThrow('a trial run in workerd gave numbers that are none');
  });

  test('a tokenizer with more pieces than the model has', async () => {
    const checkpoint = await changed(seeded('bert-text-classification'), {});
    await cp(join(TINY, 'tokenizer.json'), join(folder, 'tokenizer.json'));
    const other = await readCheckpoint(folder, 'x');
    expect(other.manifest.tokenizer).not.toEqual(checkpoint.manifest.tokenizer);
    await expect(tryOut(other, folder, host)).rejects.toThrow(
      'answered with 422: a token, a position or a segment has a number',
    );
  });
});
