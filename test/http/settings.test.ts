import { expect, test } from 'vitest';
import { type Env, parseSettings } from '../../shared/http/settings.ts';

const MODELS = {} as R2Bucket;

test('defaults', () => {
  expect(parseSettings({ MODELS })).toEqual({
    manifestTtl: 30_000,
    wasmBudget: 96 * 2 ** 20,
    limits: {
      maxBodyBytes: 2 ** 20,
      maxInputs: 128,
      maxTokens: 16384,
      maxNewTokens: 2048,
      maxBeams: 8,
      maxDecoderMib: 100_000,
      maxCacheMib: 64,
      maxModelMib: 128,
    },
    webhooks: { bodyTimeout: 10_000, grace: 60_000, allowsLoopback: false },
  });
});

test('variables', () => {
  const env: Env = { MODELS, MANIFEST_TTL_SECONDS: '0', WASM_BUDGET_MIB: '0.5', MAX_TOKENS: '7' };
  expect(parseSettings(env)).toMatchObject({ manifestTtl: 0, wasmBudget: 2 ** 19, limits: { maxTokens: 7 } });
});

test('a variable that is a number in wrangler.toml', () => {
  expect(parseSettings({ MODELS, MAX_TOKENS: 7 as unknown as string }).limits.maxTokens).toBe(7);
});

test.each(['', ' ', 'many', '-1', 'NaN', 'Infinity'])('MAX_INPUTS "%s" is refused by name', (value) => {
  expect(() => parseSettings({ MODELS, MAX_INPUTS: value })).toThrow(
    `MAX_INPUTS is "${value}"; it must be a number from 0`,
  );
});
