// The module that every isolate compiles stays small: tables of Unicode come with the tokenizers that need them.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const MOST = 150_000;

test(`tokenizer.wasm has at most ${MOST} bytes`, () => {
  expect(statSync(join(import.meta.dirname, '../../shared/tokenizer/tokenizer.wasm')).size).toBeLessThanOrEqual(MOST);
});
