// What the compiler recognises in the graphs of the seeded checkpoints, which today's exporters wrote.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { importOnnx } from '../../model-assets/engine/import-onnx.ts';
import { readOnnx } from '../../model-assets/engine/onnx-file.ts';
import { kindsOf } from './kinds.ts';

const ASSETS = join(import.meta.dirname, '../../model-assets');
const files = globSync('{seeded,seeded-writing}/seeded-*/*.onnx', { cwd: ASSETS }).sort();

/** Transformer-XL adds two products with keys before its softmax, and mixes over adaptive inputs: no attention that the engine has. */
const OTHERS = ['seeded-transfo-xl'];

test.each(files.filter((file) => !OTHERS.some((name) => file.includes(name))))('%s', (file) => {
  const path = join(ASSETS, file);
  const data = `${path}.data`;
  const external = new Map(existsSync(data) ? [[basename(data), readFileSync(data)]] : []);
  for (const graph of importOnnx(readOnnx(readFileSync(path), external)).graphs) {
    const [before, after] = [graph.nodes.filter(({ operation }) => operation.kind === 'softmax'), kindsOf(graph)];
    expect(before.length).toBeGreaterThan(0);
    // Every softmax went into an attention, every product with a weight into a linear layer.
    expect(after.attention).toBe(before.length);
    expect(after.softmax).toBeUndefined();
    expect(after.matmul).toBeUndefined();
    // No norm is left written out.
    expect(after.reduce).toBeUndefined();
    expect(after.norm).toBeGreaterThan(0);
  }
});
