// What the products of the engine do on this machine, for those who ask.

import * as c from './command-format.ts';

/** Of what the probe has found, what a model is to be run in. */
export function modeFor(found: number, hasWidePairs: boolean): number {
  return found === c.DOT_PAIRS && hasWidePairs ? c.DOT_SEVEN_BITS : found;
}

export const MODES: Readonly<Record<number, { readonly name: string; readonly description: string }>> = {
  [c.DOT_UNSIGNED]: { name: 'unsigned', description: 'rows of 8 bits, by a dot product of unsigned with signed bytes' },
  [c.DOT_PAIRS]: {
    name: 'pairs',
    description: 'the same, where sums of pairs saturate, which those of the weights cannot',
  },
  [c.DOT_SEVEN_BITS]: { name: 'seven-bits', description: 'rows of 7 bits, where sums of pairs may saturate' },
  [c.DOT_SIGNED]: { name: 'signed', description: 'rows of 8 bits less 128, by a dot product of signed bytes' },
  [c.DOT_PLAIN]: { name: 'plain', description: 'rows of 12 bits, by products of plain SIMD' },
};
