// The last layer of a small model, and how many rows its products have.

import type { Builder } from '../../model-assets/engine/builder.ts';
import { constant, product } from '../../model-assets/engine/dim.ts';
import { Image } from '../../model-assets/engine/image.ts';
import type { Graph, View } from '../../model-assets/engine/ir.ts';
import { lower } from '../../model-assets/engine/lower.ts';
import { matmul } from '../../model-assets/engine/operators/products.ts';
import { ADD, MUL, TANH } from '../../shared/runtime/engine/command-format.ts';
import { STEP_LINEAR } from '../../shared/runtime/engine/program.ts';
import { evaluateSizes } from '../../shared/runtime/engine/sizes.ts';
import type { RowWindow } from '../../shared/runtime/session.ts';
import { createRandom } from '../runtime/engine/random.ts';

export const [BATCH, TOKENS, DEPTH] = [2, 5, 8];
const random = createRandom(83);

/** What is fed: hidden states. */
export const x = { data: random.floats(BATCH * TOKENS * DEPTH), dims: [BATCH, TOKENS, DEPTH] };

/** A weight of so many columns, and a vector over them. */
export const matrix = (b: Builder, columns: number, rows = DEPTH) =>
  b.data(random.floats(rows * columns), [rows, columns]);
export const vector = (b: Builder, columns: number) => b.data(random.floats(columns), [columns]);

function norm(b: Builder, hidden: View): View {
  const operation = { kind: 'norm', epsilon: 1e-5, isRms: false } as const;
  return b.emit(operation, [hidden, vector(b, DEPTH), vector(b, DEPTH), null], hidden.dims, 'float');
}

/** A layer behind its attention, of which `mixed` stands for what it gives; `sum` goes past the feed-forward layer. */
export function layer(b: Builder, hidden: View, mixed: View): { readonly sum: View; readonly last: View } {
  const sum = b.binary(ADD, matmul(b, mixed, matrix(b, DEPTH)), hidden);
  const flat = b.reshape(norm(b, sum), [product(sum.dims.slice(0, 2)), constant(DEPTH)]);
  const wide = b.unary(TANH, b.binary(ADD, matmul(b, flat, matrix(b, 12)), vector(b, 12)));
  const narrow = b.reshape(matmul(b, wide, matrix(b, DEPTH, 12)), sum.dims);
  return { sum, last: norm(b, b.binary(MUL, b.binary(ADD, narrow, sum), vector(b, DEPTH))) };
}

/** Rows of each linear layer, of one text of the batch. */
export function linearRows(graph: Graph, kept?: RowWindow): number[] {
  const { code } = lower(graph, 'model', null, new Image());
  const sizes = evaluateSizes(code.sizes, { inputs: [x.dims], capacity: 0, pastCapacity: 0, kept });
  const linear = code.steps.filter(({ kind }) => kind === STEP_LINEAR);
  return linear.map(({ views: [out = -1] }) => {
    const dims = code.views[out]?.dims.map((size) => sizes[size] ?? 0) ?? [];
    return dims.slice(0, -1).reduce((a, b) => a * b, 1) / BATCH;
  });
}
