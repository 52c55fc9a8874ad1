// A compiled pipeline of which a few bytes were altered and whose checksum was made right again: opening it is an error, or its
// answers may be anything, but nothing traps. Reading outside of memory would trap.

import { expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { xxh32 } from '../../model-assets/tokenizer/xxh32.ts';
import { ServiceError } from '../../shared/errors.ts';
import * as format from '../../shared/tokenizer/format.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import { Random } from './generated-texts.ts';
import type {} from './provided.ts';

const TEXTS = [
  'The world! 123  [MASK] \0',
  'e\u0301\u0323 \ufb01 \u4e2d\u{1f600} and\tX  ',
  'a'.repeat(300),
  '\u0344'.repeat(50),
];
const ROUNDS = 200;

test.each(Object.entries(inject('tokenizerPipelines')))('%s does no harm', { timeout: 60_000 }, (_, json) => {
  const good = compileTokenizer(json);
  const random = new Random(7);
  for (let round = 0; round < ROUNDS; round++) {
    const bad = good.slice();
    const view = new DataView(bad.buffer);
    for (let changes = 1 + random.below(4); changes > 0; changes--) {
      const section = random.below(view.getUint32(format.HEADER_SECTIONS, true));
      const entry = format.HEADER_BYTES + section * format.DIRECTORY_ENTRY_BYTES;
      const [start, length] = [view.getUint32(entry + 4, true), view.getUint32(entry + 8, true)];
      // Half of them among the first numbers of a section, where counts and offsets are.
      const at = start + random.below(Math.max(1, random.below(2) ? Math.min(length, 64) : length));
      if (at < bad.length) bad[at] = random.below(256);
    }
    view.setUint32(format.HEADER_CHECKSUM, xxh32(bad.subarray(format.CHECKSUM_START), format.CHECKSUM_SEED), true);
    try {
      const tokenizer = openTokenizer(bad);
      for (const text of TEXTS) tokenizer.encode(text);
    } catch (error) {
      expect(error).toBeInstanceOf(ServiceError);
    }
  }
});
