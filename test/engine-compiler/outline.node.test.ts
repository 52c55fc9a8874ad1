// A graph without its weights is the same graph, and reads them where they are.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compile } from '../../model-assets/engine/compile.ts';
import { FileOnDisk, OWN_FILE, outlineOf } from '../../model-assets/engine/outline.ts';
import { readSignature } from '../../model-assets/engine/signature.ts';

const ROOT = join(import.meta.dirname, '../..');
// Their weights are in the graph; the merged ones choose between two.
const files = [
  ...globSync('model-assets/seeded/seeded-{bert,albert}-*/*.onnx', { cwd: ROOT }),
  ...globSync('model-assets/seeded-writing/seeded-{gpt2-merged,t5}-*/*.onnx', { cwd: ROOT }),
].sort();

test.each(files)('%s', (path) => {
  const file = new FileOnDisk(join(ROOT, path));
  const whole = readFileSync(join(ROOT, path));
  const outline = outlineOf(file);
  expect(outline.byteLength).toBeLessThan(whole.byteLength);
  const [ours, plain] = [
    compile([{ name: 'model', onnx: outline, externalData: new Map([[OWN_FILE, file]]) }]),
    compile([{ name: 'model', onnx: new Uint8Array(whole), externalData: new Map() }]),
  ];
  expect(Buffer.compare(ours.bytes, plain.bytes)).toBe(0);
  expect(readSignature(outline)).toEqual(readSignature(new Uint8Array(whole)));
});

test('what is no ONNX file, and what is cut short at any byte, is refused or is a part', () => {
  expect(() => outlineOf(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))).toThrow('this is no ONNX file');
  expect(() => outlineOf(new Uint8Array(20).fill(255))).toThrow('a number that is too long');
  const whole = new Uint8Array(readFileSync(join(ROOT, files[0] ?? '')));
  for (let length = whole.byteLength - 1; length > 0; length = Math.floor(length * 0.7)) {
    expect(() =>
      compile([{ name: 'model', onnx: outlineOf(whole.subarray(0, length)), externalData: new Map() }]),
    ).toThrow(/ONNX/);
  }
});
