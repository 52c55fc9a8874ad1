// ATTENTION, one head at a time: scores of some queries against all keys, their weights, and the values' sum by them. A row of scores is
// filled up to a multiple of eight with what weighs 0, and every sum runs over its elements in one order. So a query's result has the
// same bits whatever other queries are in the call; in floats also whatever keys of weight 0 stand behind the others, of which in bytes the
// values count, for they share scales.
//
//   scratch | keys in panels: (keys rounded up to 8) × size of a head | ATTENTION_ROWS × (keys rounded up to 8) scores |
//
// In bytes, both products are those of a layer (linear.ts) whose rows are queries, or weights, and whose weights are keys, or values:
//
//   scratch | panels of keys | panels of values | ATTENTION_ROWS_I8 × (keys rounded up to 8) scores
//           | as many queries or weights, quantized | their scales, eight bytes a row |
//
// Where there are no keys the result is 0. Where no score of a row is finite, it is not a number; where attention is guarded, such a row has
// weights of 0, and the result is 0 but for values that are not finite.

import { ATTENTION_ROWS, ATTENTION_ROWS_I8, NONE, PANEL, SCORES_STEP_WORDS } from '../command-format';
import { keyPanels, panelBytes, valuePanels } from './attention-bytes';
import { scoreRow } from './attention-scores';
import { scaleRow, stepRow } from './attention-steps';
import { weighInLevels } from './attention-weights';
import { floatRow, floatTile, zeros } from './float-kernel';
import { byteRows, floatPanels } from './linear';
import { elementBytes } from './mode';
import { plusOne } from './multiply-add';
import { packColumns } from './pack';
import { paddedDepth, quantizeRows } from './quantize';
import { MOST_FLOAT_ROWS, nextHeight } from './row-count';
import { fill } from './sequences';
import { divideBy, greatestOf, weigh } from './softmax';

/** Up to here, the keys are read where they lie. */
const FEW_QUERIES: usize = 4;

// Of the command that is carried out. Strides in bytes.
let queries: usize = 0;
let keys: usize = 0;
let padded: usize = 0;
let depth: usize = 0;
let width: usize = 0;
let scale: f32 = 0;
let strideOut: usize = 0;
let strideQ: usize = 0;
let strideK: usize = 0;
let strideV: usize = 0;
let guarded: bool = false;
let steps: i32 = 0;
let firstStep: usize = 0;
let scores: usize = 0;
/** Sums of the weights of the rows in work. */
const sums: usize = memory.data(4 * ATTENTION_ROWS, 16);

@inline
function word(words: usize, n: usize): usize {
  return load<u32>(words + 4 * n);
}

/** `words`: what follows the code and the length of the command. `bytes`: whether products are taken in bytes. */
export function attention(words: usize, bytes: bool): void {
  const panels = word(words, 4);
  const batch = word(words, 5);
  const heads = word(words, 6);
  queries = word(words, 7);
  keys = word(words, 8);
  depth = word(words, 9);
  width = word(words, 10);
  scale = load<f32>(words + 4 * 11);
  padded = (keys + PANEL - 1) & ~(PANEL - 1);
  const strides = words + 4 * 12;
  strideOut = 4 * word(strides, 2);
  strideQ = 4 * word(strides, 5);
  strideK = 4 * word(strides, 8);
  strideV = 4 * word(strides, 11);
  guarded = word(strides, 12) != 0;
  steps = <i32>word(strides, 13);
  firstStep = strides + 4 * 14;
  for (let b: usize = 0; b < batch; b++) {
    for (let h: usize = 0; h < heads; h++) {
      const out = word(words, 0) + 4 * (b * word(strides, 0) + h * word(strides, 1));
      const q = word(words, 1) + 4 * (b * word(strides, 3) + h * word(strides, 4));
      const k = word(words, 2) + 4 * (b * word(strides, 6) + h * word(strides, 7));
      const v = word(words, 3) + 4 * (b * word(strides, 9) + h * word(strides, 10));
      if (bytes) headInBytes(out, q, k, v, panels, b, h);
      else head(out, q, k, v, panels, b, h);
    }
  }
}

function head(out: usize, q: usize, k: usize, v: usize, panels: usize, b: usize, h: usize): void {
  const few = queries <= FEW_QUERIES;
  scores = panels + 4 * padded * depth;
  if (!few) packColumns(panels, k, strideK, depth, keys);
  for (let s: usize = 0; s < queries; s += ATTENTION_ROWS) {
    const rows = min(<usize>ATTENTION_ROWS, queries - s);
    const from = q + s * strideQ;
    if (few) for (let r: usize = 0; r < rows; r++) scoreRow(scores + 4 * r * padded, from + r * strideQ, k, strideK, keys, depth);
    else floatPanels(scores, 4 * padded, from, strideQ, rows, panels, padded, depth, 0);
    for (let r: usize = 0; r < rows; r++) weighRow(scores + 4 * r * padded, b, h, s + r, r);
    addValues(out + s * strideOut, rows, v);
  }
}

function headInBytes(out: usize, q: usize, k: usize, v: usize, panels: usize, b: usize, h: usize): void {
  const elements = paddedDepth(depth);
  const values = panels + (padded / PANEL) * panelBytes(depth);
  scores = values + ((width + PANEL - 1) / PANEL) * panelBytes(keys);
  const quantized = scores + 4 * ATTENTION_ROWS_I8 * padded;
  const weightScales = quantized + <usize>ATTENTION_ROWS_I8 * max(elements, padded) * elementBytes();
  keyPanels(panels, k, strideK, keys, depth, scale);
  valuePanels(values, v, strideV, keys, width);
  for (let s: usize = 0; s < queries; s += ATTENTION_ROWS_I8) {
    const rows = min(<usize>ATTENTION_ROWS_I8, queries - s);
    quantizeRows(quantized, q + s * strideQ, strideQ, rows, depth);
    byteRows(scores, 4 * padded, rows, quantized, quantized + rows * elements * elementBytes(), panels, padded, elements, NONE);
    for (let r: usize = 0; r < rows; r++) {
      const row = scores + 4 * r * padded;
      stepScores(row, 1, b, h, s + r);
      const step = weightScales + 8 * r;
      weighInLevels(quantized + r * padded * elementBytes(), row, padded, greatestOf(row, padded), step);
      // With it, the least.
      if (guarded && isNaN(load<f32>(step))) store<u64>(step, 0);
    }
    byteRows(out + s * strideOut, strideOut, rows, quantized, weightScales, values, width, padded, NONE);
  }
}

/** Scores to weights, of which the sum is still to be divided by. */
function weighRow(row: usize, b: usize, h: usize, s: usize, r: usize): void {
  stepScores(row, scale, b, h, s);
  let sum = weigh(row, row, padded, greatestOf(row, padded));
  if (guarded && isNaN(sum)) {
    fill(row, padded, 0);
    sum = 1;
  }
  store<f32>(sums + 4 * r, sum);
}

/** Products, which are still to be scaled by `times`, to scores, filled up. */
function stepScores(row: usize, times: f32, b: usize, h: usize, s: usize): void {
  if (!steps && times != 1) scaleRow(row, keys, times);
  for (let n = 0, step = firstStep; n < steps; n++, step += 4 * SCORES_STEP_WORDS) {
    const x = word(step, 1) + 4 * (b * word(step, 2) + h * word(step, 3) + s * word(step, 4));
    stepRow(<i32>word(step, 0), row, keys, n ? 1 : times, x, 4 * word(step, 5), <i32>word(step, 6));
  }
  fill(row + 4 * keys, padded - keys, reinterpret<i32>(<f32>-Infinity));
}

/** out[r] = Σt weights[r][t] × v[t], by the sum of the weights. */
function addValues(out: usize, rows: usize, v: usize): void {
  const whole = width & ~(PANEL - 1);
  let n: usize = 0;
  if (rows == 1) {
    for (; n + 4 * PANEL <= whole; n += 4 * PANEL) floatRow(scores, keys, v + 4 * n, strideV, 4 * PANEL, zeros, 0, out + 4 * n);
  }
  for (; n < whole; n += PANEL) {
    let row = scores;
    let to = out + 4 * n;
    for (let left = rows; left > 0; ) {
      const height = nextHeight(left, MOST_FLOAT_ROWS);
      floatTile(height, row, 4 * padded, keys, v + 4 * n, strideV, zeros, to, strideOut);
      row += 4 * height * padded;
      to += height * strideOut;
      left -= height;
    }
  }
  for (let r: usize = 0; r < rows; r++) {
    for (let c = whole; c < width; c++) store<f32>(out + r * strideOut + 4 * c, valueOf(scores + 4 * r * padded, v + 4 * c));
    if (keys) divideBy(out + r * strideOut, width, load<f32>(sums + 4 * r));
  }
}

/** One element, for columns that are no whole panel. */
function valueOf(weights: usize, v: usize): f32 {
  let sum: f32 = 0;
  for (let t: usize = 0; t < keys; t++, v += strideV) sum = plusOne(sum, load<f32>(weights + 4 * t), load<f32>(v));
  return sum;
}
