// What the products of the engine do on this machine, for those who ask.

import * as c from './command-format.ts';

/** Of what the probe has found, what a model is to be run in: sums of pairs may be made in 16 bits on all machines but one kind. */
export function modeFor(found: number, keepsToPairs: boolean): number {
  return keepsToPairs || found === c.DOT_UNSIGNED ? found : c.DOT_SEVEN_BITS;
}

export const MODES: Readonly<Record<number, { readonly name: string; readonly description: string }>> = {
  [c.DOT_UNSIGNED]: { name: 'unsigned', description: 'rows of 8 bits, by a dot product of unsigned with signed bytes' },
  [c.DOT_PAIRS]: {
    name: 'pairs',
    description: 'rows of 8 bits, where sums of pairs saturate, which those of the weights cannot',
  },
  [c.DOT_SEVEN_BITS]: { name: 'seven-bits', description: 'rows of 7 bits, where sums of pairs may saturate' },
  [c.DOT_SIGNED]: { name: 'signed', description: 'rows of 8 bits less 128, by a dot product of signed bytes' },
  [c.DOT_PLAIN]: { name: 'plain', description: 'rows of 12 bits, by products of plain SIMD' },
};
