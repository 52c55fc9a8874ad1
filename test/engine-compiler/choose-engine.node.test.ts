// Which engine is chosen: what the compiler refuses is the reason for the other one, and a fault of its own is none.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { chooseEngine } from '../../model-assets/choose-engine.ts';
import { Builder } from '../../model-assets/engine/builder.ts';

const FILE = join(import.meta.dirname, '../fixtures/onnx-operators/cases.jsonl.gz');
const cases = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line): { name: string; model: string } => JSON.parse(line));

const SHA256 = '0'.repeat(64);

function choose(name: string, blobs?: ReadonlyMap<string, Uint8Array>) {
  const onnx = Buffer.from(cases.find((each) => each.name === name)?.model ?? '', 'base64');
  const blob = { sha256: SHA256, bytes: onnx.byteLength };
  const store = ({ byteLength }: Uint8Array) => ({ sha256: SHA256, bytes: byteLength });
  return chooseEngine({ model: { onnx: blob, externalData: [] } }, blobs ?? new Map([[SHA256, onnx]]), store);
}

test('the engine runs what it knows, and says why it does not run the rest', () => {
  expect(choose('abs')).toMatchObject({ name: 'edge' });
  expect(choose('mod_int64_fmod')).toEqual({
    name: 'onnxruntime-web',
    reason: 'graph model: Mod z: fmod is not supported',
  });
});

test('a fault of the compiler is no reason, and says where it was', () => {
  const unary = vi.spyOn(Builder.prototype, 'unary').mockImplementation(() => {
    throw new TypeError('views is undefined');
  });
  try {
    expect(() => choose('abs')).toThrow('graph model: Abs y: views is undefined');
  } finally {
    unary.mockRestore();
  }
  expect(() => choose('abs', new Map())).toThrow('lacks the bytes of blob');
});
