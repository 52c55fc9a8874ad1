// Which engine is chosen: what the compiler refuses is the reason for the other one, and a fault of its own is none.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { chooseEngine } from '../../model-assets/choose-engine.ts';
import { type Content, inMemory } from '../../model-assets/content.ts';
import { Builder } from '../../model-assets/engine/builder.ts';

const FILE = join(import.meta.dirname, '../fixtures/onnx-operators/cases.jsonl.gz');
const cases = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line): { name: string; model: string } => JSON.parse(line));

const SHA256 = '0'.repeat(64);

function choose(name: string, blobs?: ReadonlyMap<string, Content>) {
  const onnx = Buffer.from(cases.find((each) => each.name === name)?.model ?? '', 'base64');
  const blob = { sha256: SHA256, bytes: onnx.byteLength };
  const store = async ({ size }: Content) => ({ sha256: SHA256, bytes: size });
  return chooseEngine({ model: { onnx: blob, externalData: [] } }, blobs ?? new Map([[SHA256, inMemory(onnx)]]), store);
}

test('the engine runs what it knows, and says why it does not run the rest', async () => {
  expect(await choose('abs')).toMatchObject({ name: 'edge' });
  expect(await choose('mod_int64_fmod')).toEqual({
    name: 'onnxruntime-web',
    reason: 'graph model: Mod z: fmod is not supported',
  });
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
