// Programs of earlier compilers, which are published already.

import { expect, test } from 'vitest';
import * as c from '../../../shared/runtime/engine/command-format.ts';
import { loadEngine } from '../../../shared/runtime/engine/load-engine.ts';
import { modeFor } from '../../../shared/runtime/engine/modes.ts';
import emulated from './emulated.wasm';
import { singleSteps } from './fuzz/single-steps.ts';

/** Of the header. */
const FLAGS = 20;

/** On a machine where sums of pairs saturate: the emulated one is such from its start. */
async function modeOf(file: Uint8Array): Promise<number> {
  const whole = (async function* () {
    yield file;
  })();
  return (await loadEngine(emulated, whole, file.byteLength)).instance.mode;
}

test('weights of a compiler that did not see to pairs have rows of seven bits', async () => {
  const [program] = singleSteps();
  if (!program) throw new Error('there is no program');
  expect(await modeOf(program.file)).toBe(c.DOT_PAIRS);
  const earlier = program.file.slice();
  earlier.fill(0, FLAGS, FLAGS + 4);
  expect(await modeOf(earlier)).toBe(c.DOT_SEVEN_BITS);
});

test('only a machine whose sums of pairs are exact has eight for them', () => {
  const found = [c.DOT_UNSIGNED, c.DOT_PAIRS, c.DOT_SIGNED, c.DOT_SEVEN_BITS];
  expect(found.map((mode) => modeFor(mode, true))).toEqual(found);
  expect(found.map((mode) => modeFor(mode, false))).toEqual([c.DOT_UNSIGNED, ...new Array(3).fill(c.DOT_SEVEN_BITS)]);
});
