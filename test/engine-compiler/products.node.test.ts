// Products that the engine does not take: they are refused, and never another product.

import { expect, test } from 'vitest';
import { constant } from '../../model-assets/engine/dim.ts';
import { FLOAT } from '../../model-assets/engine/element-types.ts';
import { Row } from './row.ts';

/** Equations by what is said of them, with the ranks of their tensors. */
const REFUSED: readonly (readonly [equation: string, ranks: readonly [number, number], message: string])[] = [
  ['bii,bij->bj', [3, 3], 'the equation bii,bij->bj is not supported'],
  ['bij,bjj->bi', [3, 3], 'the equation bij,bjj->bi is not supported'],
  ['ij,jk->ii', [2, 2], 'the equation ij,jk->ii is not supported'],
  ['ij,jk->ikl', [2, 2], 'the equation ij,jk->ikl is not supported'],
  ['...ij,jk->ik', [2, 2], 'the equation ...ij,jk->ik is not supported'],
  ['ij,jk->ik', [3, 2], 'ij,jk->ik is not of tensors of 3 and 2 dimensions'],
  ['bij,jk->bik', [3, 1], 'bij,jk->bik is not of tensors of 3 and 1 dimensions'],
  ['ij,jk->i', [2, 2], 'ij,jk->i sums over one tensor alone'],
];

test.each(REFUSED)('Einsum %s', (equation, ranks, message) => {
  const row = new Row();
  const inputs = ranks.map((rank, i) => {
    const dims = Array.from({ length: rank }, () => constant(2));
    return row.builder.input(`x${i}`, FLOAT, 'float', dims);
  });
  expect(() => row.call('Einsum', inputs, { equation })).toThrow(message);
});
