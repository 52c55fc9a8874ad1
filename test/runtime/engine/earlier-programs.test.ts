// Programs of earlier compilers, which are published already.

import { expect, test } from 'vitest';
import * as c from '../../../shared/runtime/engine/command-format.ts';
import { openEngine } from '../../../shared/runtime/engine/open-engine.ts';
import { singleSteps } from './fuzz/single-steps.ts';

/** Of the header. */
const FLAGS = 20;

async function modeOf(file: Uint8Array): Promise<number> {
  const { instance } = await openEngine(
    (async function* () {
      yield file;
    })(),
    file.byteLength,
  );
  return instance.mode;
}

test('weights of a compiler that did not see to pairs have rows of fewer bits where pairs saturate', async () => {
  const [whole] = singleSteps();
  if (!whole) throw new Error('there is no program');
  const found = await modeOf(whole.file);
  expect(found).not.toBe(c.DOT_SEVEN_BITS);
  const earlier = whole.file.slice();
  earlier.fill(0, FLAGS, FLAGS + 4);
  expect(earlier).not.toEqual(whole.file);
  expect(await modeOf(earlier)).toBe(found === c.DOT_PAIRS ? c.DOT_SEVEN_BITS : found);
});
