// What the tools take from wrangler.toml, and what they go by where it says nothing.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readWranglerConfig } from '../../model-assets/wrangler-config.ts';

let path = '';

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'wrangler-')), 'wrangler.toml');
});
afterEach(() => rm(join(path, '..'), { recursive: true }));

const read = async (vars: string) => {
  const buckets = '[[r2_buckets]]\nbinding = "MODELS"\nbucket_name = "models"\n';
  await writeFile(path, `compatibility_date = "2026-08-01"\ncompatibility_flags = []\n${buckets}${vars}`);
  return readWranglerConfig(path);
};

test('variables are texts or numbers', async () => {
  const { bucket, vars, wasmBudget } = await read('[vars]\nWASM_BUDGET_MIB = 64\nMAX_TOKENS = "512"');
  expect([bucket, vars, wasmBudget]).toEqual(['models', { WASM_BUDGET_MIB: '64', MAX_TOKENS: '512' }, 64]);
  expect((await read('[vars]\nWASM_BUDGET_MIB = "48"')).wasmBudget).toBe(48);
});

test.each(['', '[vars]\nMAX_TOKENS = "512"'])(
  'one that is not set is what the Worker takes it for: %j',
  async (vars) => {
    expect(await read(vars)).toMatchObject({ manifestTtl: 30_000, wasmBudget: 96 });
  },
);

test.each(['"much"', '""', '-1'])('one that is no number from 0 is refused: %s', async (value) => {
  await expect(read(`[vars]\nWASM_BUDGET_MIB = ${value}`)).rejects.toThrow('WASM_BUDGET_MIB of wrangler.toml is');
});
