// Which engine is chosen: what the compiler refuses, or the engine's checks of what it wrote, is the reason for the other one, and a fault of
// the compiler's own is none.

import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { chooseEngine, type EngineChoice } from '../../model-assets/choose-engine.ts';
import { type Content, inMemory } from '../../model-assets/content.ts';
import { Builder } from '../../model-assets/engine/builder.ts';

const FILE = join(import.meta.dirname, '../fixtures/onnx-operators/cases.jsonl.gz');
const cases = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line): { name: string; model: string; symbolic: string | null } => JSON.parse(line));

const SHA256 = '0'.repeat(64);

function choose(name: string, blobs?: ReadonlyMap<string, Content>) {
  return chooseFor(cases.find((each) => each.name === name)?.model, {}, blobs);
}

function chooseFor(model: string | null | undefined, choice: EngineChoice, blobs?: ReadonlyMap<string, Content>) {
  const onnx = Buffer.from(model ?? '', 'base64');
  const graph = { onnx: { sha256: SHA256, bytes: onnx.byteLength }, externalData: [] };
  const store = async ({ size }: Content) => ({ sha256: SHA256, bytes: size });
  return chooseEngine({ model: graph }, blobs ?? new Map([[SHA256, inMemory(onnx)]]), store, choice);
}

test('the engine runs what it knows, and says why it does not run the rest', async () => {
  expect(await choose('abs')).toMatchObject({ name: 'edge' });
  expect(await choose('mod_int64_fmod')).toEqual({
    name: 'onnxruntime-web',
    reason: 'graph model: Mod z: fmod is not supported',
  });
});

test('what the compiler takes and the engine would not open is for the other one, and nothing of it is written', async () => {
  // Five rows are put into what has as many as are fed, and one is what most texts come in.
  const model = cases.find(({ name }) => name === 'extra_scatter_fixed')?.symbolic;
  const scratch = await mkdtemp(join(tmpdir(), 'choose-engine-'));
  const refusal = "the compiled program does not pass the engine's checks: a tensor has 15 elements where 3 are meant";
  try {
    for (const choice of [{}, { scratch }]) {
      expect(await chooseFor(model, choice)).toEqual({ name: 'onnxruntime-web', reason: refusal });
      await expect(chooseFor(model, { ...choice, wanted: 'edge' })).rejects.toThrow(refusal);
    }
    expect(await readdir(scratch)).toEqual([]);
  } finally {
    await rm(scratch, { recursive: true });
  }
});

test('a fault of the compiler is no reason, and says where it was', async () => {
  const unary = vi.spyOn(Builder.prototype, 'unary').mockImplementation(() => {
    throw new TypeError('views is undefined');
  });
  try {
    await expect(choose('abs')).rejects.toThrow('graph model: Abs y: views is undefined');
  } finally {
    unary.mockRestore();
  }
  await expect(choose('abs', new Map())).rejects.toThrow('lacks the bytes of blob');
});
