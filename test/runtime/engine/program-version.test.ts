// Programs of other versions than the engine reads: refused, with what to do.

import { expect, test } from 'vitest';
import { readHeader } from '../../../shared/runtime/engine/read-program.ts';
import { singleSteps } from './fuzz/single-steps.ts';

test.each([
  [0, 'this engine reads 1 to 7 but 6'],
  [6, 'whose weights in 4 bits lie otherwise'],
  [8, 'this engine reads 1 to 7 but 6'],
])('version %i', (version, reason) => {
  const [whole] = singleSteps();
  if (!whole) throw new Error('there is no program');
  const other = whole.file.slice();
  new DataView(other.buffer).setUint32(4, version, true);
  expect(() => readHeader(other, other.byteLength)).toThrow(
    new RegExp(`it has version ${version}, .*${reason}; publish the model again`),
  );
});
