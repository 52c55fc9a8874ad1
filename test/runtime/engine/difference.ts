// Whether two answers are the same to the bit, without a comparison of each element by the test runner, which takes longer than the engine.

import type { Fetches } from '../../../shared/runtime/session.ts';

/** Where they differ, in words; nothing where they do not. */
export function difference(given: string | Fetches, expected: string | Fetches): string {
  if (typeof given === 'string' || typeof expected === 'string') {
    return given === expected ? '' : `${describe(given)} where ${describe(expected)} is meant`;
  }
  const names = new Set([...Object.keys(given), ...Object.keys(expected)]);
  for (const name of names) {
    const [a, b] = [given[name], expected[name]];
    if (!a || !b) return `one has no ${name}`;
    if (`${a.dims}` !== `${b.dims}`) return `${name} is [${a.dims}] where [${b.dims}] is meant`;
    const [x, y] = [a, b].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (!x || !y || x.length !== y.length) return `${name} has other bytes`;
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return `${name} differs from byte ${i} on`;
  }
  return '';
}

const describe = (answer: string | Fetches) =>
  typeof answer === 'string' ? answer : `an answer (${Object.keys(answer)})`;
