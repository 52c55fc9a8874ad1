// Commands of attention, in floats or in bytes.

import * as c from './command-format.ts';
import { checkSame, command, damagedStep, distinct, operand, type Placed, type StepContext, word } from './placed.ts';
import { STEP_ATTENTION_I8, type Step, WEIGHTS_I8 } from './program.ts';
import { layerBytes } from './weight-bytes.ts';

/** With fewer, what bytes save does not pay for making bytes of keys and values. Rows come here without padding: see unpadded.ts. */
const LEAST_INT8_QUERIES = 32;

/**
 * out, q, k, v, then the tensor of each step on the scores; scale, kind and fill of each, then 1 where it is guarded. In bytes where the step
 * says so and it pays.
 */
export function attention(step: Step, context: StepContext): number[] {
  const out = distinct(step, context, 0);
  const [q, k, v, ...tensors] = step.views.slice(1).map((_, i) => operand(step, context, i + 1));
  if (!q || !k || !v) throw damagedStep('attention lacks a view');
  const [batch = 0, heads = 0, queries = 0, size = 0] = q.dims;
  const [keys = 0, valueSize = 0] = [k.dims[2] ?? 0, v.dims[3] ?? 0];
  const expect = (view: Placed, dims: readonly number[]) => checkSame([view, { ...view, dims }]);
  expect(k, [batch, heads, keys, size]);
  expect(v, [batch, heads, keys, valueSize]);
  expect(out, [batch, heads, queries, valueSize]);
  for (const tensor of tensors) expect(tensor, [batch, heads, queries, keys]);
  for (const view of [out, q, k, v]) {
    if ((view.dims[3] ?? 1) > 1 && view.strides[3] !== 1) throw damagedStep('a head does not lie side by side');
  }
  const isInt8 = step.kind === STEP_ATTENTION_I8 && queries >= LEAST_INT8_QUERIES;
  const scratch = context.scratch(attentionScratch(isInt8, context.mode, keys, size, valueSize));
  // Rows that share their keys and values are as many queries of one row: what is shared comes from memory once.
  const isShared = queries === 1 && k.strides[0] === 0 && v.strides[0] === 0;
  const turned = (axes: readonly number[]) => {
    const [row = 0, head = 0, query = 0, ...rest] = axes;
    return isShared ? [query, head, row, ...rest] : axes;
  };
  const steps = tensors.flatMap(({ at, strides }, i) => [
    word(step, 1 + 2 * i),
    at,
    ...turned(strides),
    word(step, 2 + 2 * i),
  ]);
  const places = [out, q, k, v].map(({ at }) => at);
  const strides = [turned(out.strides), turned(q.strides), k.strides, v.strides].flatMap((each) => each.slice(0, 3));
  return command(
    isInt8 ? c.ATTENTION_I8 : c.ATTENTION,
    ...places,
    scratch,
    ...turned([batch, heads, queries]),
    keys,
    size,
    valueSize,
    word(step, 0),
    ...strides,
    step.words[1 + 2 * tensors.length] ?? 0,
    tensors.length,
    ...steps,
  );
}

/** Bytes of scratch, as attention.ts of the kernels lays it out. */
export function attentionScratch(isInt8: boolean, mode: number, keys: number, size: number, valueSize: number): number {
  const up = (count: number) => Math.ceil(count / c.PANEL) * c.PANEL;
  if (!isInt8) return 4 * up(keys) * (size + c.ATTENTION_ROWS);
  const panels = (columns: number, depth: number) => layerBytes(columns, depth, WEIGHTS_I8);
  const row = 4 * up(keys) + Math.max(up(keys), up(size)) * (mode === c.DOT_PLAIN ? 2 : 1) + c.LINEAR_I8_SCRATCH;
  return panels(keys, size) + panels(valueSize, keys) + c.ATTENTION_ROWS_I8 * row;
}
