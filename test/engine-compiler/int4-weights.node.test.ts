// Weights in 4 bits, where a checkpoint or its publisher asks for them: which become it, what the manifest says, and how near answers are.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkpoint, type Choices, readCheckpoint } from '../../model-assets/checkpoint.ts';
import { onnxSources } from '../../model-assets/choose-engine.ts';
import { describe } from '../../model-assets/commands/describe.ts';
import { compile, type WeightType } from '../../model-assets/engine/compile.ts';
import { constant, ONE, symbol } from '../../model-assets/engine/dim.ts';
import { INT64 } from '../../model-assets/engine/element-types.ts';
import { explain } from '../../model-assets/engine/explain.ts';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import { Image } from '../../model-assets/engine/image.ts';
import { toInt4 } from '../../model-assets/engine/int4-weights.ts';
import { type View, whole } from '../../model-assets/engine/ir.ts';
import { drained, lower } from '../../model-assets/engine/lower.ts';
import { matmul } from '../../model-assets/engine/operators/products.ts';
import { transpose } from '../../model-assets/engine/views.ts';
import { ADD, TANH } from '../../shared/runtime/engine/command-format.ts';
import {
  STEP_GATHER,
  STEP_GATHER_BLOCKS,
  STEP_LINEAR,
  WEIGHTS_F32,
  WEIGHTS_I4,
  WEIGHTS_I8,
} from '../../shared/runtime/engine/program.ts';
import type { Feeds } from '../../shared/runtime/session.ts';
import { openCompiled } from '../runtime/engine/compiled.ts';
import { createRandom } from '../runtime/engine/random.ts';
import { engineModule, graphOf, openGraph } from './run-graph.ts';

const ASSETS = join(import.meta.dirname, '../../model-assets');
const SENTIMENT = join(ASSETS, 'checkpoints/minilm-sst2');
const SMALL = join(ASSETS, 'seeded/seeded-bert-text-classification');

let asking: string;

beforeAll(async () => {
  asking = await mkdtemp(join(tmpdir(), 'int4-weights-'));
  await cp(SENTIMENT, asking, { recursive: true });
  const config = JSON.parse(await readFile(join(SENTIMENT, 'config.json'), 'utf8'));
  await writeFile(join(asking, 'config.json'), JSON.stringify({ ...config, int4_weights: true }));
});

afterAll(() => rm(asking, { recursive: true }));

const read = (folder: string, choices: Choices = {}) => readCheckpoint(folder, 'tried', choices);

function compiled({ manifest, blobs }: Checkpoint, weights?: WeightType) {
  return compile(onnxSources(manifest.graphs, blobs), { weights });
}

test('they are asked for by config.json or by who publishes, who decides', async () => {
  const weights = async (folder: string, choices: Choices = {}) => {
    const { engine } = (await read(folder, choices)).manifest;
    return engine.name === 'edge' ? engine.weights : engine.name;
  };
  expect(await weights(SENTIMENT)).toBeUndefined();
  expect(await weights(SENTIMENT, { weights: 'int4' })).toBe('int4');
  expect(await weights(asking)).toBe('int4');
  expect(await weights(asking, { weights: 'given' })).toBeUndefined();
  expect(await weights(asking, { engine: 'onnxruntime-web' })).toBe('onnxruntime-web');
  // None of it is large.
  expect(await weights(SMALL, { weights: 'int4' })).toBeUndefined();
});

test('the program that is published has them, and what describes the model says so', async () => {
  const checkpoint = await read(asking);
  const { engine } = checkpoint.manifest;
  if (engine.name !== 'edge') throw new Error(engine.reason);
  const own = compiled(checkpoint, 'int4');
  const source = checkpoint.blobs.get(engine.program.sha256)?.source;
  expect(Buffer.from(own.bytes).equals(source as Uint8Array)).toBe(true);
  expect(explain(own, 64).join('\n')).toContain('linear int4');
  expect(describe(checkpoint.manifest).join('\n')).toContain('weights in int4');
});

test('layers in 4 bits take half the bytes; the head, which is small, stays', async () => {
  const checkpoint = await read(SENTIMENT);
  const [given, int4] = [compiled(checkpoint), compiled(checkpoint, 'int4')];
  const kinds = int4.program.functions.flatMap(({ steps }) =>
    steps.filter(({ kind }) => kind === STEP_LINEAR).map(({ words }) => [words[1], words[4]]),
  );
  expect(kinds.filter(([, kind]) => kind !== WEIGHTS_I4)).toEqual([[2, WEIGHTS_I8]]);
  // 10.7 MB of layers become 5.7: a byte for each 32 elements is said of them.
  const [before, after] = [given, int4].map(({ program }) => program.imageBytes / 1e6) as [number, number];
  expect(before - after).toBeGreaterThan(4.9);
  expect(before - after).toBeLessThan(5.1);
});

function feedsOf(lengths: readonly number[]): Feeds {
  const longest = Math.max(...lengths);
  const tensor = (of: (token: number, length: number) => number): Feeds[string] => ({
    data: BigInt64Array.from(
      lengths.flatMap((length) => Array.from({ length: longest }, (_, i) => BigInt(of(i, length)))),
    ),
    dims: [lengths.length, longest],
  });
  return {
    input_ids: tensor((i, length) => (i < length ? 200 + ((i * 31 + length) % 900) : 0)),
    attention_mask: tensor((i, length) => Number(i < length)),
    token_type_ids: tensor(() => 0),
  };
}

test('a padded batch is its singles, and answers are near to those of bytes', async () => {
  const checkpoint = await read(join(ASSETS, 'checkpoints/minilm-embeddings'));
  const [bytes, int4] = [compiled(checkpoint), compiled(checkpoint, 'int4')].map((each) =>
    openCompiled(engineModule(), each.bytes),
  );
  const firstsOf = async (session: typeof bytes, lengths: readonly number[]) => {
    const { data, dims } = (await session?.run(feedsOf(lengths)))?.last_hidden_state ?? expect.fail('no states');
    const [, tokens = 0, width = 0] = dims;
    return lengths.flatMap((_, i) => [...(data.slice(i * tokens * width, (i * tokens + 1) * width) as Float32Array)]);
  };
  const lengths = [5, 21, 33, 12];
  const together = await firstsOf(int4, lengths);
  const alone = await Promise.all(lengths.map((length) => firstsOf(int4, [length])));
  expect(together).toEqual(alone.flat());
  const wanted = await firstsOf(bytes, lengths);
  expect(together).not.toEqual(wanted);
  expect(Math.hypot(...together.map((state, i) => state - (wanted[i] ?? 0))) / Math.hypot(...wanted)).toBeLessThan(
    0.25,
  );
});

test('of floats too, with the table of words; what is small stays as it is', async () => {
  const random = createRandom(92);
  const [rows, width] = [2 ** 15, 32];
  const graph = fuse(
    graphOf((b) => {
      const ids = b.input('ids', INT64, 'int', [symbol('n')]);
      const known = (...dims: readonly [number, number]) => {
        const data = random.floats(dims[0] * dims[1]);
        return whole({ type: 'float', length: constant(data.length), data }, dims.map(constant));
      };
      const row = (table: View) =>
        b.emit({ kind: 'gather', axis: 0 }, [table, ids], [symbol('n'), table.dims[1] ?? ONE], 'float');
      const words = known(rows, width);
      const sum = b.binary(ADD, row(words), row(known(16, width)));
      return [
        matmul(b, b.unary(TANH, matmul(b, sum, known(width, 2048))), known(2048, 28)),
        row(words),
        row(known(2 ** 12, 256)),
      ];
    }),
  );
  const image = new Image();
  const { code } = lower(drained(toInt4(graph)), 'model', null, image);
  const kinds = code.steps.map(({ kind, words }) => (kind === STEP_LINEAR ? [kind, words[4]] : [kind]));
  expect(kinds.filter(([kind]) => kind === STEP_LINEAR)).toEqual([
    [STEP_LINEAR, WEIGHTS_I4],
    [STEP_LINEAR, WEIGHTS_F32],
  ]);
  // Of positions, however wide.
  expect(kinds.filter(([kind]) => kind === STEP_GATHER)).toHaveLength(2);
  expect(kinds.filter(([kind]) => kind === STEP_GATHER_BLOCKS)).toHaveLength(2);
  // Half a byte, and five for each 32 elements; once, though two read it. The layers have 0.3 MB.
  const [words, positions] = [rows * 21, 2 ** 22];
  expect(image.byteLength).toBeGreaterThan(words + positions);
  expect(image.byteLength).toBeLessThan(words + positions + 3.3e5);
  const feeds = { ids: { data: BigInt64Array.of(5n, 9n), dims: [2] } };
  const [wanted, found] = await Promise.all([graph, drained(toInt4(graph))].map((each) => openGraph(each).run(feeds)));
  for (const name of ['y', 'y1']) expectNear(found?.[name]?.data, wanted?.[name]?.data);
});

test('a table that is the head too is there twice: by rows, and by columns', async () => {
  const random = createRandom(93);
  const [rows, width] = [2 ** 13, 128];
  const graph = fuse(
    graphOf((b) => {
      const ids = b.input('ids', INT64, 'int', [symbol('n')]);
      const data = random.floats(rows * width);
      const words = whole({ type: 'float', length: constant(data.length), data }, [rows, width].map(constant));
      const row = b.emit({ kind: 'gather', axis: 0 }, [words, ids], [symbol('n'), constant(width)], 'float');
      return [matmul(b, b.unary(TANH, row), transpose(words, [1, 0]))];
    }),
  );
  const int4 = drained(toInt4(graph));
  const image = new Image();
  const { code } = lower(int4, 'model', null, image);
  const kinds = code.steps.map(({ kind, words }) => (kind === STEP_LINEAR ? [kind, words[4]] : [kind]));
  expect(kinds).toContainEqual([STEP_GATHER_BLOCKS]);
  expect(kinds).toContainEqual([STEP_LINEAR, WEIGHTS_I4]);
  // 21 and 17 bytes for 32 elements, and 12 for each column.
  expect(image.byteLength).toBe((rows * width * (21 + 17)) / 32 + 12 * rows);
  const feeds = { ids: { data: BigInt64Array.of(5n, 8000n), dims: [2] } };
  const [wanted, found] = await Promise.all([graph, int4].map((each) => openGraph(each).run(feeds)));
  const [{ data: before } = {}, { data: after } = {}] = [wanted, found].map((each) => Object.values(each ?? {})[0]);
  expectNear(after, before);
});

/** As near as 4 bits are, and no nearer. */
function expectNear(found: ArrayLike<unknown> | undefined, wanted: ArrayLike<unknown> | undefined): void {
  const [a, b] = [wanted, found].map((each) => Array.from(each as Float32Array)) as [number[], number[]];
  expect(a.length).toBeGreaterThan(0);
  expect(Math.hypot(...a.map((x, i) => x - (b[i] ?? 0))) / Math.hypot(...a)).toBeLessThan(0.2);
  expect(b).not.toEqual(a);
}
